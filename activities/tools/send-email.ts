/** `send_email`: one message to one address, through SMTP, which takes no key. */
import { z } from 'zod';
import type { PlainTool, ToolContext, ToolOutcome } from '../tool.js';
import { requireEffectKey } from './effect-key.js';
import type { Mailer } from './mailer.js';
import { fieldOf } from './result-field.js';
import { outcomeOfSmtpError } from './smtp-errors.js';

const args = z.strictObject({
  to: z.email().max(254).describe("The customer's address, as the order names it."),
  subject: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line')
    .describe('One line.'),
  text: z.string().min(1).max(10_000).describe('The message, in plain text.'),
});
type Args = z.infer<typeof args>;

interface Deps {
  readonly mailer: Mailer;
  readonly mailFrom: string;
}

/**
 * Builds the tool. A message is given to the server once: where its answer is lost, nobody knows,
 * and the Message-ID, made of the effect key, is what a person looks for.
 */
export const createSendEmail = (deps: Deps): PlainTool<Args> => ({
  name: 'send_email',
  description: 'Sends one plain-text message to a customer. It cannot be taken back.',
  args,
  effect: 'unsafe',
  retryPolicy: 'mail',
  // Address and subject are the customer's affair.
  summary: () => 'mail to the customer',
  undo: {
    by: 'person',
    advice: ({ to }, result) =>
      `Message ${fieldOf(result, 'messageId', 'externalRef')} is with ${to} and can't be called back: ` +
      'write again and put it right.',
  },
  preview: async ({ to, subject, text }) => ({
    preview: {
      sentence: `Sends “${subject}” to ${to}.`,
      changes: [{ what: `Message to ${to}`, before: null, after: text }],
      reversibility: 'never',
      cost: null,
    },
    precondition: null,
  }),
  run: (mail, context) => send(deps, mail, context),
});

async function send(deps: Deps, mail: Args, context: ToolContext): Promise<ToolOutcome> {
  const messageId = `<${requireEffectKey(context)}@belay>`;
  if (!context.isTimeToSend()) return { kind: 'not-sent', code: 'effect-in-flight' };
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(context.requestTimeoutMs)]);
  let dataStarted = false;
  const onDataStarted = () => {
    dataStarted = true;
  };
  try {
    const { to, subject, text } = mail;
    const message = { from: deps.mailFrom, to, subject, text, messageId };
    await deps.mailer.send(message, { signal, onDataStarted });
    return { kind: 'done', result: { messageId, to, status: 'sent' }, externalRef: messageId };
  } catch (error) {
    return outcomeOfSmtpError(error, dataStarted);
  }
}
