/** The body of an answer as a model reads it: text without secrets, or what identifies the bytes. */
import { createHash } from 'node:crypto';
import type { HttpOrigin } from '../../runtime/http-origins.js';
import type { HttpAnswer } from './guarded-http.js';

interface Shown {
  /** The body, or its beginning. */
  readonly text?: string;
  /** Of what was read, in base64, where it is not text. */
  readonly sha256?: string;
  /** How many bytes were read. */
  readonly bytes: number;
  /** Whether the body is longer than what is shown or was read. */
  readonly truncated: boolean;
}

/** Shows a body whose JSON takes `roomBytes` at most. */
export function shownText(answer: HttpAnswer, origin: HttpOrigin | null, roomBytes: number): Shown {
  const { body, isCut } = answer;
  const text = textOf(answer);
  if (text === null) {
    const sha256 = createHash('sha256').update(body).digest('base64');
    return { sha256, bytes: body.length, truncated: isCut };
  }
  // Before it is cut: half of a secret is one too.
  const whole = withoutSecrets(text, origin, isCut);
  const shown = beginning(whole, roomBytes);
  return { text: shown, bytes: body.length, truncated: isCut || shown.length < whole.length };
}

/** UTF-8 without NUL, whatever the content type says; null for anything else, and for what is encoded. */
function textOf({ body, headers, isCut }: HttpAnswer): string | null {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' || body.includes(0)) return null;
  try {
    // What was cut may end within a character.
    return new TextDecoder('utf-8', { fatal: true }).decode(body, { stream: isCut });
  } catch {
    return null;
  }
}

/** The longest beginning, in whole characters, whose JSON takes `roomBytes` at most. */
function beginning(text: string, roomBytes: number): string {
  let kept = Math.min(text.length, roomBytes);
  for (;;) {
    const cut = text.slice(0, kept).replace(/[\uD800-\uDBFF]$/, '');
    const bytes = Buffer.byteLength(JSON.stringify(cut));
    if (bytes <= roomBytes) return cut;
    kept = Math.min(kept - 1, Math.floor((kept * roomBytes) / bytes));
  }
}

/**
 * Takes out what we sent as `Authorization`, should a service repeat it, also as URLs and JSON spell it;
 * of a text that was cut also its last characters: they may be the beginning of it.
 */
export function withoutSecrets(text: string, origin: HttpOrigin | null, isCut = false): string {
  const credential = origin?.authorization?.split(' ')[1];
  if (credential === undefined) return text;
  const spellings = [
    credential,
    encodeURIComponent(credential),
    JSON.stringify(credential).slice(1, -1),
  ];
  const shown = spellings.reduce((rest, spelling) => rest.replaceAll(spelling, '[removed]'), text);
  return isCut ? shown.slice(0, -Math.max(...spellings.map(({ length }) => length))) : shown;
}
