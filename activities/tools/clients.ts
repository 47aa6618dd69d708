/** The clients of outside services that tools use, built once per process. */
import { createTransport } from 'nodemailer';
import Stripe from 'stripe';
import { retryPolicies, sendWithinMs } from '../../contracts/retry-policies.js';
import type { Mailer } from './mailer.js';
import { createSingleShotHttpClient } from './single-shot-http.js';

export interface StripeOptions {
  readonly apiKey: string;
  /** Another address than Stripe's, such as `http://127.0.0.1:4242`. */
  readonly baseUrl?: string | undefined;
}

/** A Stripe client that sends each request once and connects within the bound of a dispatch. */
export function createStripe({ apiKey, baseUrl }: StripeOptions): Stripe {
  const url = new URL(baseUrl ?? 'https://api.stripe.com');
  const protocol = url.protocol === 'http:' ? 'http' : 'https';
  return new Stripe(apiKey, {
    host: url.hostname,
    port: url.port === '' ? (protocol === 'http' ? 80 : 443) : Number(url.port),
    protocol,
    httpClient: createSingleShotHttpClient(protocol, sendWithinMs),
    maxNetworkRetries: 0,
    timeout: retryPolicies.payment.requestTimeoutMs,
    telemetry: false,
  });
}

/** A mailer that makes one connection for each message and tells when the message itself began. */
export function createMailer(smtpUrl: string): Mailer {
  const timeoutMs = retryPolicies.mail.requestTimeoutMs;
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: sendWithinMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const started = new WeakMap<AbortSignal, () => void>();
  // The library pipes the message only once the server has said yes to DATA.
  transport.use('stream', (mail, done) => {
    const signal = mail.data.signal;
    const open = mail.message.createReadStream.bind(mail.message);
    mail.message.createReadStream = (options) => {
      const stream = open(options);
      const pipe = stream.pipe.bind(stream);
      stream.pipe = (destination, pipeOptions) => {
        if (signal) started.get(signal)?.();
        return pipe(destination, pipeOptions);
      };
      return stream;
    };
    done();
  });
  return {
    async send(mail, { signal, onDataStarted }) {
      started.set(signal, onDataStarted);
      await transport.sendMail({ ...mail, signal });
    },
  };
}
