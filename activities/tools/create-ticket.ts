/** `create_ticket`: opens a ticket at the help desk, which takes no key but can be searched. */
import { z } from 'zod';
import type { ReconcilableTool, ToolContext, ToolFinding, ToolOutcome } from '../tool.js';
import type { Desk, DeskTicket } from './desk.js';
import { requireEffectKey } from './effect-key.js';
import { requestSignal } from './request-signal.js';
import { fieldOf } from './result-field.js';

/** How long a new ticket may be missing from the desk's search: several times what it declares. */
const visibilityLagMs = 2_000;

const args = z.strictObject({
  subject: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line')
    .describe('One line: what it is about.'),
  body: z.string().min(1).max(10_000).describe('What happened and what is to be done about it.'),
  requester: z.email().max(254).describe('The address of the customer, as the order names it.'),
});
type Args = z.infer<typeof args>;

/**
 * Builds the tool. The effect key goes along as the ticket's reference: where an answer is lost,
 * that is what the desk is searched for before anything is sent again.
 */
export const createCreateTicket = (deps: { readonly desk: Desk }): ReconcilableTool<Args> => ({
  name: 'create_ticket',
  description:
    'Opens a ticket at the help desk, for a person to settle. It says nothing to the customer.',
  args,
  effect: 'reconcilable',
  retryPolicy: 'desk',
  visibilityLagMs,
  // What it says and whom it is about is the customer's affair.
  summary: () => 'ticket at the help desk',
  undo: {
    by: 'person',
    advice: (_args, result) =>
      `Close ticket ${fieldOf(result, 'ticketId', 'externalRef')} at the help desk: the run that opened it was undone.`,
  },
  preview: async ({ subject, body, requester }) => ({
    preview: {
      sentence: `Opens a ticket at the help desk about ${requester}: “${subject}”.`,
      changes: [{ what: 'Ticket', before: null, after: body }],
      reversibility: 'by-person',
      cost: null,
    },
    precondition: null,
  }),
  run: (ticket, context) => send(deps.desk, ticket, context),
  find: (_args, context) => find(deps.desk, context),
});

async function send(desk: Desk, ticket: Args, context: ToolContext): Promise<ToolOutcome> {
  const externalRef = requireEffectKey(context);
  if (!context.isTimeToSend()) return { kind: 'not-sent', code: 'effect-in-flight' };
  const signal = requestSignal(context);
  const reply = await desk.createTicket({ ...ticket, externalRef }, { signal });
  return reply.kind === 'answered' ? { kind: 'done', ...resultOf(reply.value) } : reply;
}

async function find(desk: Desk, context: ToolContext): Promise<ToolFinding> {
  const signal = requestSignal(context);
  const search = await desk.findTickets(requireEffectKey(context), { signal });
  if (search.kind !== 'answered') return search;
  const [ticket] = search.tickets;
  return ticket === undefined ? { kind: 'absent' } : { kind: 'found', ...resultOf(ticket) };
}

const resultOf = ({ id }: DeskTicket) => ({
  result: { ticketId: id, status: 'open' },
  externalRef: id,
});
