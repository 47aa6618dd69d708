/** P3: what happens at the wire. */
import type { Guard } from '../guard.js';

const runTool = 'tests/activities/run-tool.integration.test.ts';
const refund = 'tests/activities/tools/issue-refund.test.ts';
const mail = 'tests/activities/tools/send-email.test.ts';
const clients = 'tests/activities/tools/clients.test.ts';
const status = 'tests/activities/tools/set-order-status.integration.test.ts';
const ticket = 'tests/activities/tools/create-ticket.test.ts';
const note = 'tests/activities/tools/put-note.test.ts';
const desk = 'tests/activities/tools/desk-client.test.ts';
const lost = 'does not know after a lost reply, and what its class then allows makes it once';
const late = 'sends nothing once too much time has passed since its dispatch';

export const sendingGuards: readonly Guard[] = [
  {
    promise: 'P3',
    guard: 'The dispatch is committed before the first byte leaves',
    owner: 'store/effects.ts',
    from: `insertDispatched(transaction, call, key, terms);
    return`,
    to: 'return',
    test: { file: runTool, name: 'runs only once its dispatch is committed' },
  },
  {
    promise: 'P3',
    guard: 'An effect is awaited although its run is cancelled',
    owner: 'activities/run-tool.ts',
    from: 'effectKey === null ? Context.current().cancellationSignal : neverAborted',
    to: 'Context.current().cancellationSignal',
    test: { file: runTool, name: 'is awaited although its run is cancelled' },
  },
  {
    promise: 'P3',
    guard: 'The workflow aborts reads only, never an effect',
    owner: 'workflows/next.ts',
    from: `isAbortable: open.planned.effect === 'read',`,
    to: 'isAbortable: true,',
    test: {
      file: 'tests/workflows/loop.test.ts',
      name: 'ends a cancelled run once, starts nothing after it',
    },
  },
  {
    promise: 'P3',
    guard: 'A process that was stopped after its dispatch sends nothing when it wakes up too late',
    owner: 'activities/run-tool.ts',
    from: 'performance.now() - askedAtMs < sendWithinMs;',
    to: 'sendWithinMs > 0 && askedAtMs > 0;',
    test: { file: runTool, name: 'has only so long to send, counted from before its dispatch' },
  },
  {
    promise: 'P3',
    guard: 'A refund asks whether it is still time to send',
    owner: 'activities/tools/issue-refund.ts',
    from: `if (!context.isTimeToSend()) return { kind: 'not-sent', code: 'effect-in-flight' };`,
    to: '',
    test: { file: refund, name: late },
  },
  {
    promise: 'P3',
    guard: 'Mail asks whether it is still time to send',
    owner: 'activities/tools/send-email.ts',
    from: `if (!context.isTimeToSend()) return { kind: 'not-sent', code: 'effect-in-flight' };`,
    to: '',
    test: { file: mail, name: late },
  },
  {
    promise: 'P3',
    guard: 'A refund is sent under its effect key, so that it moves money once',
    owner: 'activities/tools/issue-refund.ts',
    from: '{ idempotencyKey: effectKey, maxNetworkRetries: 0,',
    to: '{ maxNetworkRetries: 0,',
    test: { file: refund, name: 'moves it once, however often one key is sent' },
  },
  {
    promise: 'P3',
    guard: 'The Stripe client repeats nothing by itself',
    owner: 'activities/tools/single-shot-http.ts',
    from: `throw isReset(error) ? new ConnectionCutError('cut', { cause: error }) : error;`,
    to: 'throw error;',
    test: { file: clients, name: 'sends a request once when the connection is reset' },
  },
  {
    promise: 'P3',
    guard: 'A connection that does not come about is given up before the dispatch is stale',
    owner: 'activities/tools/bounded-agent.ts',
    from: 'if (socket) destroyUnless(socket, connectedEvent[protocol], connectTimeoutMs);',
    to: 'if (socket) destroyUnless(socket, connectedEvent[protocol], 100 * connectTimeoutMs);',
    test: { file: clients, name: 'gives up a connection that does not come about' },
  },
  {
    promise: 'P3',
    guard: 'Mail whose answer was lost is not taken for unsent',
    owner: 'activities/tools/smtp-errors.ts',
    from: `kind: dataStarted ? 'unknown' : 'not-sent',`,
    to: `kind: 'not-sent',`,
    test: { file: mail, name: 'does not know after a lost reply, and the message is there' },
  },
  {
    promise: 'P3',
    guard: 'A refund whose answer was lost is not taken for unsent',
    owner: 'activities/tools/stripe-errors.ts',
    from: `kind: unsent ? 'not-sent' : 'unknown', code`,
    to: `kind: 'not-sent', code`,
    test: { file: refund, name: 'does not know after a lost reply, sends nothing by itself' },
  },
  {
    promise: 'P3',
    guard: 'A tool that throws may have had its effect',
    owner: 'activities/run-tool.ts',
    from: `return { kind: 'unknown', code: 'tool-unreachable' };`,
    to: `return { kind: 'not-sent', code: 'tool-unreachable' };`,
    test: { file: runTool, name: 'that throws may have had its effect' },
  },
  {
    promise: 'P3',
    guard: 'What an attempt has learned survives a short outage of Postgres',
    owner: 'activities/persist.ts',
    from: 'if (!isUnavailable(error) || performance.now() > untilMs) throw error;',
    to: 'if (isUnavailable(error) || performance.now() > untilMs) throw error;',
    test: {
      file: 'tests/store/connections.integration.test.ts',
      name: 'does not lose what an attempt has learned',
    },
  },
  {
    promise: 'P3',
    guard: 'A ticket asks whether it is still time to send',
    owner: 'activities/tools/create-ticket.ts',
    from: `if (!context.isTimeToSend()) return { kind: 'not-sent', code: 'effect-in-flight' };`,
    to: '',
    test: { file: ticket, name: late },
  },
  {
    promise: 'P3',
    guard: 'A note asks whether it is still time to send',
    owner: 'activities/tools/put-note.ts',
    from: `if (!context.isTimeToSend()) return { kind: 'not-sent', code: 'effect-in-flight' };`,
    to: '',
    test: { file: note, name: late },
  },
  {
    promise: 'P3',
    guard: 'A ticket carries its effect key, so that it is found when its answer was lost',
    owner: 'activities/tools/create-ticket.ts',
    from: 'desk.createTicket({ ...ticket, externalRef }',
    to: `desk.createTicket({ ...ticket, externalRef: externalRef.slice(1) }`,
    test: { file: ticket, name: lost },
  },
  {
    promise: 'P3',
    guard: 'A note is named by what it says, so that writing it again changes nothing',
    owner: 'activities/tools/put-note.ts',
    from: '`note-${digestOf({ ticketId, text }).slice(0, 32)}`',
    to: '`note-${digestOf({ ticketId, text, at: performance.now() }).slice(0, 32)}`',
    test: { file: note, name: 'keeps what its class promises about the same thing sent twice' },
  },
  {
    promise: 'P3',
    guard: 'A request to the desk whose answer was lost is not taken for unsent',
    owner: 'activities/tools/desk-client.ts',
    from: `kind: mayBeSent ? 'unknown' : 'not-sent',`,
    to: `kind: mayBeSent ? 'not-sent' : 'not-sent',`,
    test: { file: note, name: lost },
  },
  {
    promise: 'P3',
    guard: 'A search of the desk that is about something else proves nothing',
    owner: 'activities/tools/desk-client.ts',
    from: 'found.every((ticket) => ticket.externalRef === externalRef)',
    to: 'found.every((ticket) => ticket.externalRef !== undefined)',
    test: { file: desk, name: 'settles nothing by' },
  },
  {
    promise: 'P3',
    guard: 'What was done before is asked about with the question of its rule, not after it',
    owner: 'store/turn-commit.ts',
    from: 'askAboutRepeat(call, claims, transaction.now)',
    to: '(askAboutRepeat(call, claims, transaction.now), call)',
    test: {
      file: 'tests/store/planned-repeats.integration.test.ts',
      name: 'is one question with both reasons where its rule asks',
    },
  },
  {
    promise: 'P3',
    guard: 'The undo of a status overwrites nothing that was set since',
    owner: 'activities/tools/set-order-status.ts',
    from: 'status: data.previousStatus, onlyFrom: data.status }',
    to: 'status: data.previousStatus }',
    test: {
      file: status,
      name: 'says what it was before, and is undone by going back there',
    },
  },
  {
    promise: 'P3',
    guard: 'What a transactional tool did before it refused is rolled back',
    owner: 'store/transactional-effect.ts',
    from: `if (learned.kind !== 'done') await client.query('ROLLBACK TO SAVEPOINT work');`,
    to: '',
    test: { file: status, name: 'changes nothing where it refuses' },
  },
  {
    promise: 'P3',
    guard: 'An attempt that was overtaken does nothing in our own database',
    owner: 'store/transactional-effect.ts',
    from: '(isMine(rows[1]) ? workOrNothing(client, work) : null)',
    to: '(isMine(rows[1]) || rows.length > 0 ? workOrNothing(client, work) : null)',
    test: { file: status, name: 'changes nothing where it refuses' },
  },
];
