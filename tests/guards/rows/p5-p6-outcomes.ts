/** P5 and P6: the first outcome wins, and the events of a run tell it to everyone alike. */
import type { Guard } from '../guard.js';

const decisions = 'tests/server/decisions.integration.test.ts';
const events = 'tests/server/events.integration.test.ts';
const feed = 'tests/server/feed.integration.test.ts';
const transaction = 'tests/store/transaction.integration.test.ts';
const takeTurn = 'tests/activities/take-turn.integration.test.ts';
const race = '50 decisions at once: one wins, and the others learn who, what and when';

export const outcomeGuards: readonly Guard[] = [
  {
    promise: 'P5',
    guard: 'A question that is decided is not decided again',
    owner: 'store/decision-refusals.ts',
    from: `if (approval.status !== 'pending') return decidedAlready(approval);`,
    to: '',
    test: { file: decisions, name: race },
  },
  {
    promise: 'P5',
    guard: 'Those who come second are told who decided what, and when',
    owner: 'store/decision-refusals.ts',
    from: `const extra = { currentStatus: status, decidedBy: who, decidedAt: closedAt, decision };`,
    to: 'const extra = { currentStatus: status };',
    test: { file: decisions, name: race },
  },
  {
    promise: 'P5',
    guard: 'The first word on a parked effect counts, and others learn whose it was',
    owner: 'store/resolutions.ts',
    from: `if (effect.state !== 'parked') {
      throw notParked(effect);
    }`,
    to: '',
    test: {
      file: 'tests/server/resolutions.integration.test.ts',
      name: 'the first word counts, and ends the call; others learn whose it was',
    },
  },
  {
    promise: 'P5',
    guard: 'Of racing attempts at a turn the first commit wins, and all return it',
    owner: 'store/turn-commit.ts',
    from: 'if (committed !== null || !isNext(last, fresh.messages)) {',
    to: 'if (!isNext(last, fresh.messages)) {',
    test: {
      file: 'tests/store/turns.integration.test.ts',
      name: 'is committed once however many attempts race',
    },
  },
  {
    promise: 'P5',
    guard: 'A turn that is committed is not asked of the model again',
    owner: 'activities/take-turn.ts',
    from: 'if (loaded.committed !== null) return loaded.committed;',
    to: '',
    test: { file: takeTurn, name: 'told as it was committed, and the model is not asked again' },
  },
  {
    promise: 'P5',
    guard: 'The first end of a run stays its end',
    owner: 'store/run-lifecycle.ts',
    from: 'if (run.ended !== null) return false;',
    to: '',
    test: {
      file: 'tests/store/runs.integration.test.ts',
      name: 'ends once: an end that comes later changes nothing',
    },
  },
  {
    promise: 'P5',
    guard: 'Nothing of a turn is committed once its run is cancelled',
    owner: 'store/turn-commit.ts',
    from: 'const committed = committedTurn(fresh.turn, row) ?? stopped(run);',
    to: 'const committed = committedTurn(fresh.turn, row);',
    test: {
      file: 'tests/store/turns.integration.test.ts',
      name: 'is not committed once the run is cancelled',
    },
  },
  {
    promise: 'P5',
    guard: 'A kill switch is lifted once; everyone else learns who lifted it',
    owner: 'store/switch-changes.ts',
    from: 'WHERE tenant_id = $1 AND id = $2 AND lifted_at IS NULL RETURNING',
    to: 'WHERE tenant_id = $1 AND id = $2 RETURNING',
    test: {
      file: 'tests/server/kill-switches.integration.test.ts',
      name: 'the first lift counts, and says who and why for ever',
    },
  },
  {
    promise: 'P6',
    guard: 'Whoever writes to a run holds its lock, so that no number is given twice',
    owner: 'store/run-transaction.ts',
    from: 'FROM run WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE`;',
    to: 'FROM run WHERE tenant_id = $1 AND id = $2`;',
    test: { file: transaction, name: 'writers at once are one after another' },
  },
  {
    promise: 'P6',
    guard: 'A fact that is there already is looked up before a number is taken',
    owner: 'store/run-transaction.ts',
    from: `WHERE NOT EXISTS (
      SELECT 1 FROM event WHERE`,
    to: `WHERE $1 IS NULL OR NOT EXISTS (
       SELECT 1 FROM event WHERE false AND`,
    test: { file: transaction, name: 'a fact that the run has already is left out' },
  },
  {
    promise: 'P6',
    guard: 'A fact that was left out takes no number',
    owner: 'store/run-transaction.ts',
    from: 'run.lastEventSeq + last.appended,',
    to: 'run.lastEventSeq + Math.max(last.appended, plan.events.length),',
    test: { file: transaction, name: 'a fact that the run has already is left out' },
  },
  {
    promise: 'P6',
    guard: 'A stream goes on behind what the browser remembers',
    owner: 'server/routes/events.ts',
    from: 'const start = lastEventId(call) ?? after;',
    to: 'const start = after;',
    test: { file: events, name: 'prefers what the browser remembers to the address' },
  },
  {
    promise: 'P6',
    guard: 'A follower is given each event once',
    owner: 'server/topics.ts',
    from: 'if (event.seq <= follower.cursor) continue;',
    to: '',
    test: { file: events, name: 'many followers of one run all see everything' },
  },
  {
    promise: 'P6',
    guard: 'A follower who is behind what was read is served from where it stands',
    owner: 'server/topics.ts',
    from: 'if (follower.cursor < after) return;',
    to: '',
    test: { file: feed, name: 'who comes while others are ahead misses nothing' },
  },
  {
    promise: 'P6',
    guard: 'Each commit notifies those who follow its run',
    owner: 'store/run-transaction.ts',
    from: '  const waking = wakeReaders(client, run.id);\n',
    to: '  const waking = null;\n',
    test: { file: events, name: 'an event reaches its followers soon after its commit' },
  },
  {
    promise: 'P6',
    guard: 'A change is told to its followers at once',
    owner: 'server/feed.ts',
    from: 'onRun: (runId) => topics.wake(topics.find(runId)),',
    to: 'onRun: () => undefined,',
    test: { file: events, name: 'an event reaches its followers soon after its commit' },
  },
  {
    promise: 'P6',
    guard: 'Every followed run is looked at each second, notified or not',
    owner: 'server/feed.ts',
    from: 'const sweeping = setInterval(() => void topics.sweep(), sweepMs);',
    to: 'const sweeping = setInterval(() => undefined, sweepMs);',
    test: { file: feed, name: 'that nobody notified, by the look of every second' },
  },
  {
    promise: 'P6',
    guard: 'What was missed while the listening connection was lost is read when it is back',
    owner: 'server/feed.ts',
    from: 'onGap: () => void topics.sweep(),',
    to: 'onGap: () => undefined,',
    test: { file: feed, name: 'while the listening connection was lost, by the look after it' },
  },
  {
    promise: 'P6',
    guard: 'A slow reader who goes on is fed on',
    owner: 'server/sse.ts',
    from: 'subscription?.resume();',
    to: '',
    test: { file: feed, name: 'but goes on in time gets everything, each event once' },
  },
];
