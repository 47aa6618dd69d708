/** The HTTP API as the console calls it: keys, problems, retries of one click, and the clock. */

const keyName = 'belay-api-key';
const answerWithinMs = 15_000;
/** A click is sent again after these, with the same key, while it has no definite answer. */
const resendAfterMs = [500, 1_000, 2_000, 4_000];

/**
 * @typedef {object} ProblemFields The fields of `application/problem+json` that are shown.
 * @property {number} status 0 when no answer came.
 * @property {string} code
 * @property {string} title
 * @property {string} [detail]
 * @property {string} [hint]
 * @property {boolean} [retryable]
 * @property {string} [requestId]
 * @property {string} [currentStatus]
 * @property {string | null} [decidedBy]
 * @property {string | null} [decidedAt]
 * @property {string | null} [decision]
 * @property {readonly unknown[]} [errors]
 */

/** An answer that is no success, in the words of the gateway. */
export class Problem extends Error {
  /** @param {ProblemFields} fields */
  constructor(fields) {
    super(fields.title);
    this.name = 'Problem';
    this.fields = fields;
  }
}

/** Whatever was thrown, as a problem that can be shown. @param {unknown} error */
export const problemOf = (error) =>
  error instanceof Problem
    ? error.fields
    : { status: 0, code: 'console', title: 'This page failed', detail: String(error) };

/** The key of this tab, or null: the local stack needs none. */
export const apiKey = () => sessionStorage.getItem(keyName);

/** @param {string | null} key Kept until the tab is closed; null forgets it. */
export function setApiKey(key) {
  if (key === null) sessionStorage.removeItem(keyName);
  else sessionStorage.setItem(keyName, key);
}

/** @returns {Record<string, string>} */
export const authorization = () => {
  const key = apiKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
};

let clockAheadMs = 0;

/** The gateway's time: expiry is judged by its clock, not by the reader's. */
export const serverNow = () => Date.now() + clockAheadMs;

/** @param {Response} response Its Date has whole seconds, so small differences say nothing. */
function setClock(response) {
  const serverMs = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(serverMs)) return;
  const aheadMs = serverMs + 500 - Date.now();
  clockAheadMs = Math.abs(aheadMs) > 2_000 ? aheadMs : 0;
}

/**
 * @typedef {{ lostSince: number | null, needsKey: boolean }} Connection
 * @type {Connection}
 */
let connection = { lostSince: null, needsKey: false };
/** @type {Set<(now: Connection, before: Connection) => void>} */
const watchers = new Set();

/**
 * Tells when the connection is lost or back, and when a key is wanted.
 * @param {(now: Connection, before: Connection) => void} watcher
 */
export function watchConnection(watcher) {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/** @param {Partial<Connection>} change */
function setConnection(change) {
  const before = connection;
  connection = { ...before, ...change };
  if (before.lostSince === connection.lostSince && before.needsKey === connection.needsKey) return;
  for (const watcher of watchers) watcher(connection, before);
}

/** @type {(method: string, path: string, options: RequestInit) => Promise<unknown>} */
async function request(method, path, options) {
  /** @type {Response} */
  let response;
  /** @type {string} */
  let text;
  try {
    const signal = AbortSignal.timeout(answerWithinMs);
    response = await fetch(path, { method, signal, cache: 'no-store', ...options });
    text = await response.text();
  } catch {
    setConnection({ lostSince: connection.lostSince ?? Date.now() });
    throw new Problem({
      status: 0,
      code: 'connection-lost',
      title: 'The gateway does not answer',
      hint: 'It is tried again by itself.',
      retryable: true,
    });
  }
  setClock(response);
  setConnection({ lostSince: null, ...(response.status === 401 ? { needsKey: true } : {}) });
  const body = parse(text);
  if (response.ok) return body;
  throw new Problem({
    code: `http-${response.status}`,
    title: `The gateway answered ${response.status}`,
    ...(typeof body === 'object' ? body : {}),
    status: response.status,
  });
}

/** @param {string} text @returns {unknown} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Reads. Throws a {@link Problem}.
 * @template Answer
 * @param {string} path
 * @returns {Promise<Answer>}
 */
export async function get(path) {
  const headers = { accept: 'application/json', ...authorization() };
  return /** @type {Answer} */ (await request('GET', path, { headers }));
}

/** @type {Map<string, string>} The key of each click that has no definite answer yet. */
const openClicks = new Map();

/**
 * Does something once: sent again with the same Idempotency-Key while no definite answer comes, now
 * and when the same thing is clicked again. Throws a {@link Problem}.
 * @template Answer
 * @param {string} path
 * @param {object} body
 * @param {(attempt: number) => void} [onAgain] Called before each further attempt.
 * @returns {Promise<Answer>}
 */
export async function act(path, body, onAgain = () => undefined) {
  const text = JSON.stringify(body);
  const click = `${path} ${text}`;
  const key = openClicks.get(click) ?? newKey();
  openClicks.set(click, key);
  for (let attempt = 1; ; attempt += 1) {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': key,
      ...authorization(),
    };
    try {
      const answer = await request('POST', path, { headers, body: text });
      openClicks.delete(click);
      return /** @type {Answer} */ (answer);
    } catch (error) {
      const { status } = problemOf(error);
      const isDefinite = status >= 400 && status < 500 && status !== 401 && status !== 429;
      if (isDefinite) openClicks.delete(click);
      const waitMs = resendAfterMs[attempt - 1];
      if (isDefinite || status === 401 || status === 429 || waitMs === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      onAgain(attempt + 1);
    }
  }
}

/**
 * A key for one click. `randomUUID` exists only on https and loopback; the console is read over a
 * LAN too.
 */
export const newKey = () =>
  typeof crypto.randomUUID === 'function'
    ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('');
