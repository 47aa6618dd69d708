import { connect } from 'node:net';
import { once } from 'node:events';
import { createTransport } from 'nodemailer';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readMessage, type KeptMessage } from '../../../stand-ins/mail/message.js';
import { startMailStandIn, type RunningMailStandIn } from '../../../stand-ins/mail/server.js';
import { journalPaths } from '../../support/stand-in-folder.js';

const nextJournal = journalPaths();
const running: RunningMailStandIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((standIn) => standIn.close()));
});

async function start(journalPath = nextJournal()): Promise<RunningMailStandIn> {
  const standIn = await startMailStandIn({ smtpPort: 0, queryPort: 0, journalPath });
  running.push(standIn);
  return standIn;
}

async function messages(standIn: RunningMailStandIn, path = '/messages'): Promise<KeptMessage[]> {
  const answer = await fetch(`${standIn.url}${path}`);
  return ((await answer.json()) as { data: KeptMessage[] }).data;
}

const send = (standIn: RunningMailStandIn, to: string, text = 'hello') =>
  createTransport({ url: standIn.smtpUrl }).sendMail({
    from: 'desk@belay.example',
    to,
    subject: 'About your order',
    text,
    messageId: '<one@belay>',
  });

describe('the mail stand-in', () => {
  test('keeps what it accepts and shows it', async () => {
    const standIn = await start();
    await send(standIn, 'eve@example.com');
    const [message, ...others] = await messages(standIn);
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      from: 'desk@belay.example',
      to: ['eve@example.com'],
      subject: 'About your order',
      text: 'hello',
      messageId: '<one@belay>',
      headers: { 'mime-version': '1.0' },
    });
    expect(await messages(standIn, '/')).toHaveLength(1);
    expect((await fetch(`${standIn.url}/livez`)).status).toBe(200);
    expect((await fetch(`${standIn.url}/other`)).status).toBe(404);
  });

  test('still has it after a restart', async () => {
    const journalPath = nextJournal();
    const before = await start(journalPath);
    await send(before, 'eve@example.com');
    const kept = await messages(before);
    await running.splice(0)[0]?.close();
    expect(await messages(await start(journalPath))).toEqual(kept);
  });

  test('refuses one recipient for good and another for now, and keeps neither message', async () => {
    const standIn = await start();
    await expect(send(standIn, 'refuse@x.example')).rejects.toMatchObject({ responseCode: 550 });
    await expect(send(standIn, 'busy@x.example')).rejects.toMatchObject({ responseCode: 451 });
    expect(await messages(standIn)).toEqual([]);
  });

  test('loses the reply, not the message', async () => {
    const standIn = await start();
    await expect(send(standIn, 'lost-reply@x.example')).rejects.toThrow();
    expect(await messages(standIn)).toHaveLength(1);
  });

  test('closes at once, with a client in the middle of a session', async () => {
    const standIn = await start();
    const socket = connect(Number(new URL(standIn.smtpUrl).port), '127.0.0.1');
    await once(socket, 'data');
    const gone = once(socket, 'close');
    await running.splice(0)[0]?.close();
    await gone;
  });
});

describe('reading a message', () => {
  test('gives back any subject and text that the mail library can write', async () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 });
    const clean = line.map((text) => text.replace(/[\p{C}\p{Z}\uFFFD]+/gu, ' ').trim());
    const filled = clean.filter((text) => text !== '');
    await fc.assert(
      fc.asyncProperty(filled, fc.array(filled, { minLength: 1 }), async (subject, lines) => {
        const transport = createTransport({
          streamTransport: true,
          buffer: true,
          newline: 'windows',
        });
        const text = lines.join('\n');
        const { message } = await transport.sendMail({ to: 'a@x.example', subject, text });
        const raw = Buffer.isBuffer(message) ? message : Buffer.alloc(0);
        const read = readMessage(raw, { from: '', to: [] }, new Date(0));
        expect(read.text).toBe(text.trimEnd());
        expect(read.subject.replaceAll(/\s+/g, ' ')).toBe(subject.replaceAll(/\s+/g, ' '));
      }),
      { numRuns: 200 },
    );
  });
});
