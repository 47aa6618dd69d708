/** `put_note`: writes a note on a ticket, under a name made of what it says. */
import { z } from 'zod';
import { digestOf } from '../../runtime/digest.js';
import type { PlainTool, ToolContext, ToolOutcome } from '../tool.js';
import type { Desk } from './desk.js';
import { requireEffectKey } from './effect-key.js';
import { requestSignal } from './request-signal.js';

const args = z.strictObject({
  ticketId: z
    .string()
    .regex(/^[\w-]{1,100}$/)
    .describe('The ticket, such as "T-7".'),
  text: z.string().min(1).max(10_000).describe('The note, in plain text, for colleagues.'),
});
type Args = z.infer<typeof args>;

/**
 * The note's name, made of the arguments and not of the effect key: so the same words on the same
 * ticket are one note whoever repeats them, be it another attempt, a model that forgot, or another
 * run, and no two writers ever fight over one.
 */
export const noteIdOf = ({ ticketId, text }: Args): string =>
  `note-${digestOf({ ticketId, text }).slice(0, 32)}`;

/** Builds the tool. Sent again, it leaves the ticket as it is. */
export const createPutNote = (deps: { readonly desk: Desk }): PlainTool<Args> => ({
  name: 'put_note',
  description:
    'Writes a note on a ticket of the help desk, for colleagues. The same note again changes nothing.',
  args,
  effect: 'idempotent',
  retryPolicy: 'desk',
  summary: ({ ticketId }) => `note on ticket ${ticketId}`,
  undo: {
    by: 'person',
    advice: (note) =>
      `Strike note ${noteIdOf(note)} on ticket ${note.ticketId} out: the run that wrote it was undone.`,
  },
  preview: async ({ ticketId, text }) => ({
    preview: {
      sentence: `Writes a note on ticket ${ticketId}; where the same note stands already, it stays.`,
      changes: [{ what: `Note on ticket ${ticketId}`, before: null, after: text }],
      reversibility: 'by-person',
      cost: null,
    },
    precondition: null,
  }),
  run: (note, context) => send(deps.desk, note, context),
});

async function send(desk: Desk, note: Args, context: ToolContext): Promise<ToolOutcome> {
  requireEffectKey(context);
  if (!context.isTimeToSend()) return { kind: 'not-sent', code: 'effect-in-flight' };
  const { ticketId, text } = note;
  const noteId = noteIdOf(note);
  const reply = await desk.putNote(ticketId, noteId, text, { signal: requestSignal(context) });
  if (reply.kind !== 'answered') return reply;
  return { kind: 'done', result: { ticketId, noteId, status: 'written' }, externalRef: noteId };
}
