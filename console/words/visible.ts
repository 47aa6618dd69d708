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

export interface VisiblePart {
  readonly text: string;
  /** True when `text` stands for a character that would not be seen. */
  readonly escaped: boolean;
}

/** Splits text into what can be shown as it is and escapes for what cannot. Newlines stay. */
export function visibleParts(text: string): VisiblePart[] {
  const parts: { text: string; escaped: boolean }[] = [];
  for (const character of text) {
    const escaped = character !== '\n' && hidden.test(character);
    const shown = escaped ? escapeOf(character) : character;
    const last = parts.at(-1);
    if (last?.escaped === escaped) last.text += shown;
    else parts.push({ text: shown, escaped });
  }
  return parts;
}

/** Text with every hidden character as an escape; newlines too, so the answer is one line. */
export const visibleText = (text: string): string =>
  visibleParts(text)
    .map((part) => part.text)
    .join('')
    .replaceAll('\n', '\\n');

/** One code point, written as JSON would: `\u202e`, `\udb40\udc41`. */
const escapeOf = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');

export interface JsonPart {
  /**
   * A string and a key are each shown on their own, so that right-to-left letters in one can't move
   * its neighbours.
   */
  readonly kind: 'key' | 'string' | 'plain';
  readonly text: string;
}

const jsonToken = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * A JSON value in full, indented, in parts. Joined and with hidden characters escaped they are
 * JSON again, of the same value.
 */
export function jsonParts(value: unknown): JsonPart[] {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  const parts: JsonPart[] = [];
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
