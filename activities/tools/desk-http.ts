/** The help desk over HTTP: each request is sent once, on a connection of its own. */
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { connectedEvent, createBoundedAgent, type Protocol } from './bounded-agent.js';

export interface DeskOptions {
  /** Such as `https://desk.example/api`. */
  readonly url: string;
  readonly token: string;
  /** A connection that takes longer is given up, and nothing was sent. */
  readonly connectTimeoutMs: number;
}

export interface DeskCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Begins with a slash; every part of it is encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** The head and body of an answer. `json` is undefined where the body is none, or was cut. */
export interface DeskAnswer {
  readonly status: number;
  readonly json: unknown;
  readonly retryAfter: string | undefined;
}

/** A request that got no answer. */
export class DeskConnectionError extends Error {
  override readonly name = 'DeskConnectionError';
  constructor(
    /** Whether bytes of it may have left: never before there was a connection. */
    readonly mayBeSent: boolean,
    cause: unknown,
  ) {
    super('The help desk did not answer', { cause });
  }
}

export type SendToDesk = (call: DeskCall) => Promise<DeskAnswer>;

/** The longest answer that is read, in bytes. */
const answerBytes = 1024 * 1024;

/** Builds the client. It rejects with a {@link DeskConnectionError} alone. */
export function createDeskHttp({ url, token, connectTimeoutMs }: DeskOptions): SendToDesk {
  const base = new URL(url);
  const protocol: Protocol = base.protocol === 'http:' ? 'http' : 'https';
  const agent = createBoundedAgent(protocol, connectTimeoutMs);
  const { request: open } = protocol === 'http' ? http : https;
  return ({ method, path, body, signal }) =>
    new Promise((resolve, reject) => {
      let mayBeSent = false;
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        ...(text === '' ? {} : { 'content-type': 'application/json' }),
        'content-length': Buffer.byteLength(text),
      };
      const target = `${base.href.replace(/\/$/, '')}${path}`;
      const request = open(target, { method, agent, headers, signal });
      request.on('socket', (socket) =>
        socket.once(connectedEvent[protocol], () => {
          mayBeSent = true;
        }),
      );
      request.on('error', (error) => reject(new DeskConnectionError(mayBeSent, error)));
      request.on('response', (response) => {
        const { statusCode: status = 0, headers: given } = response;
        const answered = (json: unknown) =>
          resolve({ status, json, retryAfter: given['retry-after'] });
        readJson(response).then(answered, () => answered(undefined));
      });
      request.end(text);
    });
}

async function readJson(response: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytes) throw new RangeError('The answer is too long');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
