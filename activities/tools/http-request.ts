/** `http_request`: one request to a service that an operator, or the public internet, offers. */
import { z } from 'zod';
import { httpRequestLimits } from '../../contracts/limits.js';
import { rememberedKeyHours } from '../../contracts/retry-policies.js';
import type { ToolContext, ToolOutcome, VaryingTool } from '../tool.js';
import { requireEffectKey } from './effect-key.js';
import type { GuardedHttp, HttpExchange } from './guarded-http.js';
import { outcomeOfAnswer } from './http-answers.js';
import { previewRequest } from './http-preview.js';
import { originOf, vetUrl, type HttpRules, type HttpTarget } from './http-targets.js';

/**
 * Names that no model sets: what routes, frames or carries the request, what says who asks, and what
 * would make a server take it for another method than the one that was judged.
 */
const headerName =
  /^(?!(?:host|authorization|cookie2?|connection|keep-alive|te|trailer|transfer-encoding|upgrade|content-(?:length|encoding)|expect|accept-encoding|forwarded|via|origin|referer|http2-settings|x-real-ip|x-(?:http-)?method(?:-override)?|x-http-.*|x-host|x-original-.*|x-rewrite-.*|proxy-.*|sec-.*|x-forwarded-.*)$)[a-z][a-z0-9-]{0,63}$/;

const args = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'PUT', 'DELETE', 'POST', 'PATCH']),
  url: z
    .string()
    .max(httpRequestLimits.url)
    .regex(/^https?:\/\/[!-~]+$/)
    .describe(
      'The whole address, percent-encoded, such as "https://api.example.com/items?page=2".',
    ),
  headers: z
    .array(
      z.strictObject({
        name: z.string().regex(headerName).describe('In lower case, such as "content-type".'),
        value: z
          .string()
          .max(httpRequestLimits.headerValue)
          .regex(/^[ -~]*$/),
      }),
    )
    .max(httpRequestLimits.headers)
    .optional()
    .describe('Neither credentials nor what HTTP itself needs: those are set for you.'),
  body: z
    .string()
    .max(httpRequestLimits.body)
    .optional()
    .describe('The body as text. Name its content-type in headers. Not with GET and HEAD.'),
});
type Args = z.infer<typeof args>;

/**
 * Builds the tool. The class of a call follows its method, and for POST and PATCH whether the origin
 * takes our key; a call runs as the class that it was judged as or not at all.
 */
export const createHttpRequest = (http: GuardedHttp): VaryingTool<Args> => ({
  name: 'http_request',
  description:
    'Sends one HTTP request and returns status, a few headers and the body as text (or its SHA-256 ' +
    'where it is not text). Only allowed origins are reached. A redirect to another origin is not ' +
    'followed: its location is in the result. PUT and DELETE may be repeated when an answer is lost.',
  args,
  effect: 'unsafe',
  effectOf: (request) => classOf(http.rules, request),
  retryPolicy: 'http',
  // Whoever writes the page writes to the model.
  taints: true,
  keyRetentionMs: rememberedKeyHours * 60 * 60 * 1_000,
  // A path may name a customer; an origin that no operator named may be anything.
  summary: ({ method, url }) =>
    `${method} ${originOf(http.rules, url)?.origin ?? 'a public origin'}`,
  preview: (request) => previewRequest(http.rules, request, classOf(http.rules, request)),
  run: (request, context) => run(http, request, context),
});

const classes = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'idempotent',
  DELETE: 'idempotent',
  POST: 'keyed',
  PATCH: 'keyed',
} as const satisfies Record<Args['method'], 'read' | 'idempotent' | 'keyed'>;

function classOf(rules: HttpRules, { method, url }: Args) {
  const declared = classes[method];
  const takesKey = originOf(rules, url)?.keyHeader != null;
  return declared === 'keyed' && !takesKey ? 'unsafe' : declared;
}

async function run(http: GuardedHttp, request: Args, context: ToolContext): Promise<ToolOutcome> {
  const { method, url, body } = request;
  const effect = classOf(http.rules, request);
  const effectKey = effect === 'read' ? null : requireEffectKey(context);
  // Its origin lost its key header since the call was planned: what was judged as repeatable is not.
  if (effect !== context.effect && context.effect !== 'unsafe')
    return refused('The settings of this origin changed after the call was planned. Plan it anew.');
  const target = vetUrl(http.rules, url);
  if (target.kind === 'refused') return target;
  const headers = headersOf(request, target, effectKey);
  if (typeof headers === 'string') return refused(headers);
  if (classes[method] === 'read' && body !== undefined) return refused(`A ${method} has no body.`);
  if (effect !== 'read' && !context.isTimeToSend())
    return { kind: 'not-sent', code: 'effect-in-flight' };
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(context.requestTimeoutMs)]);
  const isTimeToSend = () => effect === 'read' || context.isTimeToSend();
  const sent = { target, method, headers, body, signal, isTimeToSend };
  const exchange = await (effect === 'read' ? http.read(sent) : http.send(sent));
  // The run was cancelled: nothing was learned.
  context.signal.throwIfAborted();
  return outcomeOf(exchange, { method, effect: context.effect, origin: target.origin });
}

function outcomeOf(
  exchange: HttpExchange,
  call: Parameters<typeof outcomeOfAnswer>[1],
): ToolOutcome {
  // For a read of somebody else's origin no answer is an answer: nobody here can mend it.
  const isHopeless = call.effect === 'read' && call.origin === null;
  switch (exchange.kind) {
    case 'answered':
      return outcomeOfAnswer(exchange.answer, call);
    case 'forbidden':
      return refused(exchange.message);
    case 'unreached':
      if (isHopeless) return refused('No connection to this origin came about.');
      return { kind: 'not-sent', code: 'tool-unreachable' };
    case 'late':
      return { kind: 'not-sent', code: 'effect-in-flight' };
    case 'lost':
      if (isHopeless) return refused('The origin gave no whole answer in time.');
      return { kind: 'unknown', code: 'tool-unreachable' };
  }
}

/** What is sent beside the client's own; a text says why it is not. */
function headersOf(
  { headers = [] }: Args,
  { origin }: HttpTarget,
  effectKey: string | null,
): Readonly<Record<string, string>> | string {
  const given = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  if (Object.keys(given).length < headers.length) return 'A header is given twice.';
  const { keyHeader = null, authorization = null } = origin ?? {};
  if (keyHeader !== null && keyHeader in given) return `${keyHeader} is set for you.`;
  return {
    ...given,
    ...(keyHeader === null || effectKey === null ? {} : { [keyHeader]: effectKey }),
    ...(authorization === null ? {} : { authorization }),
  };
}

const refused = (message: string): ToolOutcome => ({ kind: 'refused', message });
