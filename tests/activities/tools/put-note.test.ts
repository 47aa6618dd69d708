import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPutNote, noteIdOf } from '../../../activities/tools/put-note.js';
import type { RunningStandIn } from '../../../stand-ins/http.js';
import { startDeskStandIn } from '../../../stand-ins/desk/server.js';
import { deskAt, notesOn, openTicket } from '../../support/desk.js';
import { journalPaths } from '../../support/stand-in-folder.js';
import { describeTool, toolContext } from '../../support/tool-conformance.js';

const nextJournal = journalPaths();
let desk: RunningStandIn;
beforeAll(async () => {
  desk = await startDeskStandIn({ port: 0, journalPath: nextJournal() });
  expect(await openTicket(desk, 'It came broken.')).toBe(args.ticketId);
});
afterAll(() => desk.close());

const tool = () => createPutNote({ desk: deskAt(desk.url) });
const args = { ticketId: 'T-1', text: 'Called the customer.' };

describeTool('put_note', {
  tool,
  orphan: () => createPutNote({ desk: deskAt('http://127.0.0.1:1') }),
  args,
  secrets: [args.text],
  service: {
    made: async ({ ticketId, text }) =>
      (await notesOn(desk, ticketId)).filter((note) => note.text === text).length,
    lost: { ...args, text: 'Called again. [desk-lost-reply]' },
  },
});

describe('writing a note', () => {
  let ticketId: string;
  beforeEach(async () => {
    ticketId = await openTicket(desk, 'Another one.');
  });

  test('is found under a name made of what it says', async () => {
    const note = { ticketId, text: 'Grüße "an" alle.\nBis morgen.' };
    const noteId = noteIdOf(note);
    expect(await tool().run(note, toolContext())).toEqual({
      kind: 'done',
      result: { ticketId, noteId, status: 'written' },
      externalRef: noteId,
    });
    expect(await notesOn(desk, ticketId)).toMatchObject([{ id: noteId, text: note.text }]);
  });

  test('says beforehand what the note will say, and where', async () => {
    expect(await tool().preview?.(args, toolContext())).toMatchObject({
      preview: {
        changes: [{ what: 'Note on ticket T-1', before: null, after: args.text }],
        reversibility: 'by-person',
      },
      precondition: null,
    });
  });

  test('other words, or another ticket, make another note', async () => {
    for (const text of ['Called.', 'Wrote.', 'Called.'])
      await tool().run({ ticketId, text }, toolContext());
    expect((await notesOn(desk, ticketId)).map(({ text }) => text).toSorted()).toEqual([
      'Called.',
      'Wrote.',
    ]);
    expect(noteIdOf({ ticketId: 'T-1', text: 'x' })).not.toBe(
      noteIdOf({ ticketId: 'T-2', text: 'x' }),
    );
  });

  test('is refused by the desk where there is no ticket, and where it is closed', async () => {
    const refusal = async (id: string) => tool().run({ ticketId: id, text: 'x' }, toolContext());
    expect(await refusal('T-999')).toEqual({
      kind: 'refused',
      message: 'The help desk refused it: unknown_ticket.',
    });
    expect(await refusal(await openTicket(desk, 'Settled. [desk-closed]'))).toEqual({
      kind: 'refused',
      message: 'The help desk refused it: ticket_closed.',
    });
  });

  test.each([{ ticketId: '../T-1' }, { ticketId: '' }, { text: '' }])('takes no %o', (change) => {
    expect(tool().args.safeParse({ ...args, ...change }).success).toBe(false);
  });

  test('is taken back by a person, who is told which note', () => {
    const { undo } = tool();
    const advice = undo?.by === 'person' ? undo.advice(args, null) : '';
    expect(advice).toContain(`Strike note ${noteIdOf(args)} on ticket T-1 out`);
  });
});
