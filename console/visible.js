/**
 * Text as it is: whatever a reader could not see, or that would change how its neighbours are
 * shown, becomes an escape. Everything the console shows passes through here. Pure.
 */

/**
 * Control, format (bidi, zero-width, tags), private, unassigned and lone surrogate characters,
 * line and paragraph separators, every blank but the plain one, and what is ignorable by default
 * (variation selectors, fillers). A newline is judged apart.
 */
const hidden =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;

/**
 * @typedef {object} VisiblePart
 * @property {string} text
 * @property {boolean} escaped True when `text` stands for a character that would not be seen.
 */

/**
 * Splits text into what can be shown as it is and escapes for what cannot. Newlines stay.
 * @param {string} text
 * @returns {VisiblePart[]}
 */
export function visibleParts(text) {
  /** @type {VisiblePart[]} */
  const parts = [];
  for (const character of text) {
    const escaped = character !== '\n' && hidden.test(character);
    const shown = escaped ? escapeOf(character) : character;
    const last = parts.at(-1);
    if (last?.escaped === escaped) last.text += shown;
    else parts.push({ text: shown, escaped });
  }
  return parts;
}

/**
 * Text with every hidden character as an escape; newlines too, so the answer is one line.
 * @param {string} text
 */
export const visibleText = (text) =>
  visibleParts(text)
    .map((part) => part.text)
    .join('')
    .replaceAll('\n', '\\n');

/** @param {string} character One code point, written as JSON would: `\u202e`, `\udb40\udc41`. */
const escapeOf = (character) =>
  Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');

/**
 * @typedef {object} JsonPart
 * @property {'key' | 'string' | 'plain'} kind A string and a key are each shown on their own, so
 *   that right-to-left letters in one can't move its neighbours.
 * @property {string} text
 */

const jsonToken = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * A JSON value in full, indented, in parts. Joined and with hidden characters escaped they are
 * JSON again, of the same value.
 * @param {unknown} value
 * @returns {JsonPart[]}
 */
export function jsonParts(value) {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  /** @type {JsonPart[]} */
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(jsonToken)) {
    if (match.index > end) parts.push({ kind: 'plain', text: text.slice(end, match.index) });
    const colon = match[1] ?? '';
    const string = match[0].slice(0, match[0].length - colon.length);
    parts.push({ kind: colon === '' ? 'string' : 'key', text: string });
    if (colon !== '') parts.push({ kind: 'plain', text: colon });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ kind: 'plain', text: text.slice(end) });
  return parts;
}
