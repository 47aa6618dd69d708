/** What a request will do, as far as that can be known of anybody's service. */
import type { CallPreview } from '../tool.js';
import { refusedPreview } from './refused-preview.js';
import { vetUrl, type HttpRules } from './http-targets.js';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly body?: string | undefined;
}

/** Whether it only reads, and whether it may be sent again. */
type RequestClass = 'read' | 'idempotent' | 'keyed' | 'unsafe';

/** Says where it goes and what becomes of a lost answer. It asks nobody, so it rests on nothing. */
export async function previewRequest(
  rules: HttpRules,
  { method, url, body }: Request,
  effect: RequestClass,
): Promise<CallPreview> {
  const target = vetUrl(rules, url);
  if (target.kind === 'refused') return refusedPreview(target.message, 'never', null);
  const path = `${target.url.origin}${target.url.pathname}`;
  const carried = body === undefined ? '' : ` with a body of ${body.length} characters`;
  const sentence = `Sends ${method} ${path}${carried}. ${lostAnswers[effect]}`;
  const shown = body === undefined ? [] : [{ what: 'Body', before: null, after: body }];
  return {
    preview: { sentence, changes: shown, reversibility: 'never', cost: null },
    precondition: null,
  };
}

const lostAnswers = {
  read: 'It only reads.',
  idempotent: 'If the answer is lost, it is sent again.',
  keyed: 'If the answer is lost, it is sent again under one key, which the origin honours.',
  unsafe: 'If the answer is lost, a person is asked: it is never sent twice.',
} as const satisfies Record<RequestClass, string>;
