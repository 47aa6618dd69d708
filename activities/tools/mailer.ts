/** The port of a mail service: one message to one recipient, and where sending it stands. */

interface OutgoingMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** With its angle brackets. */
  readonly messageId: string;
}

interface MailSending {
  /** Ends the attempt, connection included. */
  readonly signal: AbortSignal;
  /** Called when the server was given leave to take the message: from here on it may have it. */
  onDataStarted(): void;
}

export interface Mailer {
  /** Resolves once the server has taken the message. Rejects with the mail library's error. */
  send(mail: OutgoingMail, sending: MailSending): Promise<void>;
}
