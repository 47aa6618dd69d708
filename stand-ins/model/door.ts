/** A door: one API through which the same planner is asked, with that API's requests and errors. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Framing } from './framing.js';
import { messagesFraming } from './messages-framing.js';
import type { Refusal } from './refusal.js';
import { refusalBody } from './refusal.js';
import { checkHeaders, parseRequest, type MessagesRequest } from './request.js';

export interface Door {
  readonly name: 'messages' | 'chat-completions';
  /** Checks who asks, and how. Throws a Refusal. */
  readonly checkHeaders: (headers: IncomingHttpHeaders) => void;
  /** Throws a Refusal that names the first rule that is broken. */
  readonly parse: (body: unknown) => MessagesRequest;
  readonly framing: Framing;
  readonly refusal: (
    refusal: Refusal,
    requestId: string,
  ) => { readonly status: number; readonly body: unknown };
  /** Headers of every answer. */
  readonly headers: (
    requestId: string,
    limits: Readonly<Record<string, string>>,
  ) => Readonly<Record<string, string>>;
}

/** `POST /v1/messages`. */
export const messagesDoor: Door = {
  name: 'messages',
  checkHeaders,
  parse: parseRequest,
  framing: messagesFraming,
  refusal: (refusal, requestId) => ({
    status: refusal.status,
    body: refusalBody(refusal, requestId),
  }),
  headers: (requestId, limits) => ({ 'request-id': requestId, ...limits }),
};
