/** A kept message: the facts of its envelope, and what of its text people want to read. */
import { randomUUID } from 'node:crypto';

export interface KeptMessage {
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** With its angle brackets; empty when the message has none. */
  readonly messageId: string;
  /** By lower-case name; the last one of a name that comes twice. */
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: string;
}

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

/**
 * Reads a message of one text part (RFC 5322, with the encodings of RFC 2045 and RFC 2047).
 * One of several parts keeps its body as it came.
 */
export function readMessage(raw: Buffer, envelope: Envelope, receivedAt: Date): KeptMessage {
  const source = raw.toString('latin1');
  const end = source.indexOf('\r\n\r\n');
  const headers = readHeaders(end < 0 ? source : source.slice(0, end));
  const body = end < 0 ? '' : source.slice(end + 4);
  return {
    id: randomUUID(),
    ...envelope,
    subject: headers['subject'] ?? '',
    text: decodeBody(body, headers['content-transfer-encoding'] ?? '7bit').trimEnd(),
    messageId: headers['message-id'] ?? '',
    headers,
    receivedAt: receivedAt.toISOString(),
  };
}

function readHeaders(head: string): Record<string, string> {
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const fields = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    const value = decodeWords(utf8(line.slice(colon + 1).trim()));
    return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), value]];
  });
  return Object.fromEntries(fields) as Record<string, string>;
}

function decodeBody(body: string, encoding: string): string {
  switch (encoding.toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString('utf8').replaceAll('\r\n', '\n');
    case 'quoted-printable':
      return utf8(unquote(body.replace(/[ \t]*=\r\n/g, ''))).replaceAll('\r\n', '\n');
    default:
      return utf8(body).replaceAll('\r\n', '\n');
  }
}

/** Words such as `=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=`; adjacent ones are one text. */
const decodeWords = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/(?:=\?utf-8\?[bq]\?[^?]*\?=)+/gi, (words) =>
      utf8(
        words.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
          /b/i.test(kind)
            ? Buffer.from(word, 'base64').toString('latin1')
            : unquote(word.replaceAll('_', ' ')),
        ),
      ),
    );

const unquote = (text: string): string =>
  text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
