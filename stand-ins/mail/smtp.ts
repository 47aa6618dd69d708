/** The SMTP side of the mail stand-in: no login, no TLS, loopback, failures by recipient. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { readMessage, type KeptMessage } from './message.js';

export interface RunningSmtp {
  /** `smtp://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

/** How a recipient's local part makes the server fail. */
const refusals: Readonly<Record<string, { readonly code: number; readonly text: string }>> = {
  refuse: { code: 550, text: 'No such mailbox here' },
  busy: { code: 451, text: 'Try again later' },
};
const lostReply = 'lost-reply';
const messageBytes = 1024 * 1024;

/** Starts it. `keep` returns once a message is on disk; only then is it answered with 250. */
export async function startSmtp(
  port: number,
  keep: (message: KeptMessage) => void,
): Promise<RunningSmtp> {
  const sockets = new Map<number, Socket>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: messageBytes,
    logger: false,
    onRcptTo({ address }, _session, callback) {
      const refusal = refusals[localPart(address)];
      callback(refusal ? refused(refusal) : null);
    },
    onData(stream, session, callback) {
      collect(stream)
        .then((raw) => {
          if (stream.sizeExceeded) return callback(refused({ code: 552, text: 'Too large' }));
          const envelope = envelopeOf(session);
          keep(readMessage(raw, envelope, new Date()));
          const isLost = envelope.to.some((to) => localPart(to) === lostReply);
          if (isLost) sockets.get(session.remotePort)?.destroy();
          else callback(null, 'kept');
        })
        .catch((error: Error) => callback(error));
    },
  });
  // A client that goes away in the middle is its own affair.
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    const from = socket.remotePort ?? 0;
    sockets.set(from, socket);
    socket.once('close', () => sockets.delete(from));
  });
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        for (const socket of sockets.values()) socket.destroy();
      }),
  };
}

const localPart = (address: string): string => address.slice(0, address.lastIndexOf('@'));

const refused = ({ code, text }: { readonly code: number; readonly text: string }): Error =>
  Object.assign(new Error(text), { responseCode: code });

function envelopeOf(session: SMTPServerSession): { from: string; to: readonly string[] } {
  const { mailFrom, rcptTo } = session.envelope;
  const from = mailFrom === false ? '' : mailFrom.address;
  return { from, to: rcptTo.map(({ address }) => address) };
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
