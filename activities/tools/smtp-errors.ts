/** Every error of the mail library as an outcome of ours: by its code and the server's. */
import type { ToolOutcome } from '../tool.js';

type Failure = Exclude<ToolOutcome, { kind: 'done' }>;

/** What the library says of an error: https://nodemailer.com/errors */
interface SmtpError {
  readonly code?: string;
  readonly responseCode?: number;
}

/** The server's answer to a step, or a check of our own message before it was sent. */
const answers = new Set(['EENVELOPE', 'EMESSAGE', 'EAUTH']);

/**
 * What an error means for the mail. Before the message itself began nothing can have been sent;
 * after that only the server's own answer is certain (RFC 5321 §4.2.5, §4.5.4.1), and a
 * connection that was cut leaves it unknown.
 */
export function outcomeOfSmtpError(error: unknown, dataStarted: boolean): Failure {
  const { code, responseCode } = (error ?? {}) as SmtpError;
  if (code !== undefined && answers.has(code)) {
    if (responseCode !== undefined && responseCode >= 400 && responseCode < 500)
      return { kind: 'not-sent', code: 'tool-unreachable' };
    if (responseCode !== undefined || !dataStarted)
      return { kind: 'refused', message: refusal(code, responseCode) };
  }
  return { kind: dataStarted ? 'unknown' : 'not-sent', code: 'tool-unreachable' };
}

const refusal = (code: string, responseCode: number | undefined): string =>
  responseCode === undefined
    ? `The message could not be sent as it is (${code}).`
    : `The mail server refused the message (${code} ${responseCode}).`;
