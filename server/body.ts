/** Bodies: bounded bytes of UTF-8 that are JSON a database can hold, or a problem before any work. */
import express, { type RequestHandler } from 'express';
import { bodyBytes, jsonDepth } from '../contracts/limits.js';
import { BelayError } from '../runtime/belay-error.js';

const mediaType = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;

/** Reads the body of a mutation. Its type must be JSON even where it is empty; empty counts as {}. */
export const readBody = (): readonly RequestHandler[] => [
  (request, _response, next) => {
    if (!mediaType.test(request.headers['content-type'] ?? '')) {
      throw new BelayError('unsupported-media-type');
    }
    next();
  },
  readBytes,
  (request, _response, next) => {
    const bytes: unknown = request.body;
    request.body = parseBody(bytes instanceof Buffer ? bytes : Buffer.alloc(0));
    next();
  },
];

const raw = express.raw({ limit: bodyBytes, type: () => true });

/** Too many bytes and unknown encodings have codes of their own; what is left is a broken body. */
const readBytes: RequestHandler = (request, response, next) => {
  void raw(request, response, (error: unknown) => {
    const isBroken = (error as { status?: unknown } | undefined)?.status === 400;
    next(isBroken ? invalid('The body breaks off or can not be unpacked.') : error);
  });
};

/**
 * Parses JSON strictly. Throws `invalid-json` for invalid UTF-8 or JSON, nesting deeper than
 * `jsonDepth`, a key `__proto__`, text that Postgres can't hold, and integers that would be rounded.
 */
export function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  const text = decode(bytes);
  if (hasRoundedInteger(text)) throw invalid('A whole number is larger than 2^53 - 1.');
  const value = parse(text);
  const fault = findFault(value);
  if (fault !== null) throw invalid(fault);
  return value;
}

const invalid = (detail: string): BelayError => new BelayError('invalid-json', { detail });

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('The body is not valid UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('The body is not valid JSON.');
  }
}

/** JSON.parse would take such a number and change it. */
function hasRoundedInteger(text: string): boolean {
  const outsideStrings = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const numbers = outsideStrings.match(/-?\d[\d.eE+-]*/g) ?? [];
  return numbers.some((number) => /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number)));
}

/** Walks without recursion, so that no nesting is too deep for the walk itself. */
function findFault(root: unknown): string | null {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 1 }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { value, depth } = at;
    if (typeof value === 'string' && !isStorable(value)) return unstorable;
    if (typeof value === 'number' && !Number.isFinite(value)) return 'A number is too large.';
    if (typeof value !== 'object' || value === null) continue;
    if (depth > jsonDepth) return `The body is nested deeper than ${jsonDepth} levels.`;
    for (const [key, child] of Object.entries(value)) {
      if (key === '__proto__') return 'The key __proto__ is not allowed.';
      if (!isStorable(key)) return unstorable;
      open.push({ value: child, depth: depth + 1 });
    }
  }
  return null;
}

const unstorable = 'Text holds a NUL character or half of a surrogate pair.';

/** Postgres refuses NUL, and half a surrogate pair is no Unicode. */
const isStorable = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text);
