import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCreateTicket } from '../../../activities/tools/create-ticket.js';
import type { RunningStandIn } from '../../../stand-ins/http.js';
import { searchLagMs, startDeskStandIn } from '../../../stand-ins/desk/server.js';
import { deskAt, ticketsIn } from '../../support/desk.js';
import { journalPaths } from '../../support/stand-in-folder.js';
import { describeTool, newEffectKey, toolContext } from '../../support/tool-conformance.js';

const nextJournal = journalPaths();
let desk: RunningStandIn;
let aheadMs = 0;
beforeAll(async () => {
  const now = () => Date.now() + aheadMs;
  desk = await startDeskStandIn({ port: 0, journalPath: nextJournal(), now });
});
afterAll(() => desk.close());

const tool = () => createCreateTicket({ desk: deskAt(desk.url) });
const args = { subject: 'Broken', body: 'It came broken.', requester: 'eve@example.com' };

describeTool('create_ticket', {
  tool,
  orphan: () => createCreateTicket({ desk: deskAt('http://127.0.0.1:1') }),
  args,
  secrets: [args.subject, args.body, args.requester],
  service: {
    made: async ({ body }) =>
      (await ticketsIn(desk)).filter((ticket) => ticket.body === body).length,
    lost: { ...args, body: 'It came broken. [desk-lost-reply]' },
    pass: (ms) => (aheadMs += ms),
  },
});

describe('opening a ticket', () => {
  test('sends the effect key along as its reference', async () => {
    const key = newEffectKey();
    const outcome = await tool().run({ ...args, body: 'Where is it?' }, toolContext(key));
    const ticket = (await ticketsIn(desk)).find(({ externalRef }) => externalRef === key);
    expect(ticket).toMatchObject({ ...args, body: 'Where is it?' });
    expect(outcome).toEqual({
      kind: 'done',
      result: { ticketId: ticket?.id, status: 'open' },
      externalRef: ticket?.id,
    });
  });

  test('says beforehand what the ticket will say, and about whom', async () => {
    expect(await tool().preview?.(args, toolContext())).toMatchObject({
      preview: {
        sentence: 'Opens a ticket at the help desk about eve@example.com: “Broken”.',
        changes: [{ before: null, after: args.body }],
        reversibility: 'by-person',
      },
      precondition: null,
    });
  });

  test('claims no shorter lag than the desk has', () => {
    expect(tool().visibilityLagMs).toBeGreaterThan(searchLagMs);
  });

  test.each([
    ['[desk-500]', 'unknown', 'absent'],
    ['[desk-500-after]', 'unknown', 'found'],
    ['[desk-busy]', 'not-sent', 'absent'],
  ])('%s ends as %s, and is then %s', async (word, kind, finding) => {
    const context = toolContext();
    const ticket = { ...args, body: `Failing: ${word}` };
    expect(await tool().run(ticket, context)).toMatchObject({ kind });
    aheadMs += tool().visibilityLagMs;
    expect(await tool().find(ticket, context)).toMatchObject({ kind: finding });
  });

  test('does not know when the answer takes longer than a request may', async () => {
    const context = { ...toolContext(), requestTimeoutMs: 100 };
    const stalled = { ...args, body: '[desk-stall]' };
    expect(await tool().run(stalled, context)).toEqual({
      kind: 'unknown',
      code: 'tool-unreachable',
    });
  });

  test.each([{ subject: 'two\r\nlines' }, { requester: 'eve' }, { body: '' }])(
    'takes no %o',
    (change) => {
      expect(tool().args.safeParse({ ...args, ...change }).success).toBe(false);
    },
  );

  test('is taken back by a person, who is told which ticket to close', () => {
    const { undo } = tool();
    const adviceOf = (result: unknown) => (undo?.by === 'person' ? undo.advice(args, result) : '');
    expect(adviceOf({ ticketId: 'T-7' })).toContain('Close ticket T-7 at the help desk');
    expect(adviceOf({ confirmedBy: 'ana', externalRef: 'T-8' })).toContain('Close ticket T-8');
  });
});
