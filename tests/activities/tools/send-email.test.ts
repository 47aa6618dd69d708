import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMailer } from '../../../activities/tools/clients.js';
import { createSendEmail } from '../../../activities/tools/send-email.js';
import { outcomeOfSmtpError } from '../../../activities/tools/smtp-errors.js';
import type { KeptMessage } from '../../../stand-ins/mail/message.js';
import { startMailStandIn, type RunningMailStandIn } from '../../../stand-ins/mail/server.js';
import { journalPaths } from '../../support/stand-in-folder.js';
import { describeTool, newEffectKey, toolContext } from '../../support/tool-conformance.js';

const nextJournal = journalPaths();
let mail: RunningMailStandIn;
beforeAll(async () => {
  mail = await startMailStandIn({ smtpPort: 0, queryPort: 0, journalPath: nextJournal() });
});
afterAll(() => mail.close());

const toolAt = (smtpUrl: string) =>
  createSendEmail({ mailer: createMailer(smtpUrl), mailFrom: 'Desk <desk@belay.example>' });
const tool = () => toolAt(mail.smtpUrl);
const args = { to: 'eve@example.com', subject: 'Your refund', text: 'It is on its way.' };

async function kept(to: string): Promise<KeptMessage[]> {
  const answer = await fetch(`${mail.url}/messages`);
  const { data } = (await answer.json()) as { data: KeptMessage[] };
  return data.filter((message) => message.to.includes(to));
}

describeTool('send_email', {
  tool,
  orphan: () => toolAt('smtp://127.0.0.1:1'),
  args,
  secrets: [args.to, args.subject, args.text],
  service: {
    made: async ({ to, subject }) =>
      (await kept(to)).filter((message) => message.subject === subject).length,
    lost: { ...args, to: 'lost-reply@example.com', subject: 'On its way' },
  },
});

/** A server that follows the script: what it says first, and to each line it gets. */
async function scripted(
  say: (line: string | null, socket: Socket) => string | null,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    const answer = (line: string | null) => {
      const text = say(line, socket);
      if (text !== null && !socket.destroyed) socket.write(`${text}\r\n`);
    };
    answer(null);
    socket.on('data', (chunk) => chunk.toString().trimEnd().split('\r\n').forEach(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

/** Says yes to everything but lines that begin with `word`, to which it does as told. */
const exceptAt =
  (word: string, otherwise: (socket: Socket) => string | null) =>
  (line: string | null, socket: Socket): string | null => {
    if (line === null) return '220 ready';
    if (line.startsWith(word)) return otherwise(socket);
    if (line.startsWith('DATA')) return '354 go on';
    return /^(EHLO|HELO|MAIL|RCPT|QUIT|RSET|\.$)/.test(line) ? '250 yes' : null;
  };

const cut = (socket: Socket) => {
  socket.destroy();
  return null;
};

describe('sending mail', () => {
  test('is kept by the server under a Message-ID made of the effect key', async () => {
    const key = newEffectKey();
    const message = { to: 'ann@example.com', subject: 'Grüße', text: 'Schön.\n.\nÜber 20 €' };
    expect(await tool().run(message, toolContext(key))).toEqual({
      kind: 'done',
      externalRef: `<${key}@belay>`,
      result: { messageId: `<${key}@belay>`, to: message.to, status: 'sent' },
    });
    expect(await kept('ann@example.com')).toMatchObject([
      {
        ...message,
        to: ['ann@example.com'],
        messageId: `<${key}@belay>`,
        from: 'desk@belay.example',
      },
    ]);
  });

  test('says beforehand who gets what, and that nobody can take it back', async () => {
    const seen = await tool().preview?.(args, toolContext());
    expect(seen).toEqual({
      preview: {
        sentence: 'Sends “Your refund” to eve@example.com.',
        changes: [{ what: 'Message to eve@example.com', before: null, after: args.text }],
        reversibility: 'never',
        cost: null,
      },
      precondition: null,
    });
  });

  test('does not know after a lost reply, and the message is there', async () => {
    const to = 'lost-reply@example.com';
    const outcome = await tool().run({ ...args, to }, toolContext());
    expect(outcome).toEqual({ kind: 'unknown', code: 'tool-unreachable' });
    const subjects = (await kept(to)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject === args.subject)).toHaveLength(1);
  });

  test('is refused where the server refuses the recipient for good', async () => {
    const outcome = await tool().run({ ...args, to: 'refuse@example.com' }, toolContext());
    expect(outcome).toEqual({
      kind: 'refused',
      message: 'The mail server refused the message (EENVELOPE 550).',
    });
  });

  test('was not sent where the server is busy', async () => {
    const outcome = await tool().run({ ...args, to: 'busy@example.com' }, toolContext());
    expect(outcome).toEqual({ kind: 'not-sent', code: 'tool-unreachable' });
    expect(await kept('busy@example.com')).toEqual([]);
  });

  test.each([
    ['MAIL', 'not-sent'],
    ['RCPT', 'not-sent'],
    ['DATA', 'not-sent'],
    ['.', 'unknown'],
  ])('cut at %s, ends as %s', async (word, kind) => {
    await scripted(exceptAt(word, cut), async (url) => {
      expect(await toolAt(url).run(args, toolContext())).toMatchObject({ kind });
    });
  });

  test('was not sent where the connection is cut before the greeting', async () => {
    await scripted(
      (_line, socket) => cut(socket),
      async (url) => {
        expect(await toolAt(url).run(args, toolContext())).toMatchObject({ kind: 'not-sent' });
      },
    );
  });

  test.each([
    ['554 no', 'refused'],
    ['451 later', 'not-sent'],
  ])('believes the answer to the message itself: %s is %s', async (text, kind) => {
    await scripted(
      exceptAt('.', () => text),
      async (url) => {
        expect(await toolAt(url).run(args, toolContext())).toMatchObject({ kind });
      },
    );
  });

  test('does not know when the answer takes longer than a request may', async () => {
    await scripted(
      exceptAt('.', () => null),
      async (url) => {
        const context = { ...toolContext(), requestTimeoutMs: 100 };
        expect(await toolAt(url).run(args, context)).toMatchObject({ kind: 'unknown' });
      },
    );
  });

  test('was not sent when the attempt was over before it began', async () => {
    const context = { ...toolContext(), signal: AbortSignal.abort() };
    expect(await tool().run({ ...args, to: 'never@example.com' }, context)).toMatchObject({
      kind: 'not-sent',
    });
    expect(await kept('never@example.com')).toEqual([]);
  });

  test.each([
    { to: 'no address' },
    { to: 'a@example.com, b@example.com' },
    { subject: 'two\r\nBcc: b@example.com' },
  ])('takes no %o', (change) => {
    expect(tool().args.safeParse({ ...args, ...change }).success).toBe(false);
  });

  test('does not know what an error without a code means once the message began', () => {
    expect(outcomeOfSmtpError(new Error('?'), true).kind).toBe('unknown');
    expect(outcomeOfSmtpError({ code: 'EMESSAGE' }, true).kind).toBe('unknown');
    expect(outcomeOfSmtpError({ code: 'ECONNECTION', responseCode: 421 }, true).kind).toBe(
      'unknown',
    );
  });
});
