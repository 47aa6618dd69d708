/** The HTTP API as the console calls it: reads, and clicks that act once however often they are sent. */
import type { ProblemFields } from '../words/problems.js';
import { learnTime } from './clock.js';
import { isKeyWanted, lostSince } from './connection.js';
import { authorization } from './key.js';

const answerWithinMs = 15_000;
/** A click is sent again after these, with the same key, while it has no definite answer. */
const resendAfterMs = [500, 1_000, 2_000, 4_000];

/** An answer that is no success, in the words of the gateway. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly fields: ProblemFields;
  constructor(fields: ProblemFields) {
    super(fields.title);
    this.fields = fields;
  }
}

/** Whatever was thrown, as a problem that can be shown. */
export const problemOf = (error: unknown): ProblemFields =>
  error instanceof Problem
    ? error.fields
    : { status: 0, code: 'console', title: 'This page failed', detail: String(error) };

async function request(method: string, path: string, options: RequestInit): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(answerWithinMs);
    response = await fetch(path, { method, signal, cache: 'no-store', ...options });
    text = await response.text();
  } catch {
    lostSince.set(lostSince.get() ?? Date.now());
    throw new Problem({
      status: 0,
      code: 'connection-lost',
      title: 'The gateway does not answer',
      hint: 'It is tried again by itself.',
    });
  }
  learnTime(response);
  lostSince.set(null);
  if (response.status === 401) isKeyWanted.set(true);
  const body = parse(text);
  if (response.ok) return body;
  throw new Problem({
    code: `http-${response.status}`,
    title: `The gateway answered ${response.status}`,
    ...(typeof body === 'object' ? body : {}),
    status: response.status,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Reads. Throws a {@link Problem}. */
export async function get<Answer>(path: string): Promise<Answer> {
  const headers = { accept: 'application/json', ...authorization() };
  return (await request('GET', path, { headers })) as Answer;
}

/** Reads what may not be there. Null for every problem. */
export const find = <Answer>(path: string): Promise<Answer | null> =>
  get<Answer>(path).catch(() => null);

/** The key of each click that has no definite answer yet. */
const openClicks = new Map<string, string>();

/**
 * Does something once: sent again with the same Idempotency-Key while no definite answer comes, now
 * and when the same thing is clicked again. Throws a {@link Problem}.
 */
export async function act<Answer>(path: string, body: object): Promise<Answer> {
  const text = JSON.stringify(body);
  const click = `${path} ${text}`;
  const key = openClicks.get(click) ?? newKey();
  openClicks.set(click, key);
  for (let attempt = 0; ; attempt += 1) {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': key,
      ...authorization(),
    };
    try {
      const answer = await request('POST', path, { headers, body: text });
      openClicks.delete(click);
      return answer as Answer;
    } catch (error) {
      const { status } = problemOf(error);
      const isDefinite = status >= 400 && status < 500 && status !== 401 && status !== 429;
      if (isDefinite) openClicks.delete(click);
      const waitMs = resendAfterMs[attempt];
      if (isDefinite || status === 401 || status === 429 || waitMs === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/**
 * A key for one click. `randomUUID` exists only on https and loopback; the console is read over a
 * LAN too.
 */
export const newKey = (): string =>
  typeof crypto.randomUUID === 'function'
    ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('');
