/** P8 and P9: everything is bounded, and every wait has an owner and an outcome. */
import type { Guard } from '../guard.js';

const reminders = 'tests/store/reminders.integration.test.ts';
const loop = 'tests/workflows/loop.test.ts';
const feed = 'tests/server/feed.integration.test.ts';
const takeTurn = 'tests/activities/take-turn.integration.test.ts';
const signals = 'tests/workflows/signals.test.ts';

export const boundGuards: readonly Guard[] = [
  {
    promise: 'P8',
    guard: 'A tool’s result is bounded, and says that it was cut',
    owner: 'activities/cut-result.ts',
    from: 'if (whole.length <= toolResultBytes) return',
    to: 'if (whole.length > 0) return',
    test: {
      file: 'tests/activities/run-tool.integration.test.ts',
      name: 'a result that is too long for the model is shown by its ends',
    },
  },
  {
    promise: 'P8',
    guard: 'A run has a bounded number of turns',
    owner: 'activities/take-turn.ts',
    from: `if (turn > version.spec.limits.turns) return { kind: 'ended', code: 'turn-limit-reached' };`,
    to: '',
    test: { file: takeTurn, name: 'a turn beyond the agent’s limit ends the run' },
  },
  {
    promise: 'P8',
    guard: 'A turn has a bounded number of calls',
    owner: 'activities/take-turn.ts',
    from: 'if (calls > bounds.callLimit) return',
    to: 'if (calls > 1_000 * bounds.callLimit) return',
    test: { file: takeTurn, name: 'more calls in one turn than the agent allows are none' },
  },
  {
    promise: 'P8',
    guard: 'No more calls run at once than the agent allows',
    owner: 'workflows/next.ts',
    from: '!isCallKey(intent.key) || room-- > 0',
    to: '!isCallKey(intent.key) || room-- > -1_000',
    test: { file: loop, name: 'ends every run that nobody cancels as completed' },
  },
  {
    promise: 'P8',
    guard: 'Repeated signals about one question do not make the run’s state grow',
    owner: 'workflows/advance.ts',
    from: 'return hints.length < hintsPerCall ? [...hints, hint] : [...hints.slice(0, -1), hint];',
    to: 'return hints.length < 1_000 * hintsPerCall ? [...hints, hint] : hints;',
    test: { file: loop, name: 'keeps a bounded number of decisions about one question' },
  },
  {
    promise: 'P8',
    guard: 'A signal can’t put long texts into the run’s state',
    owner: 'workflows/signals.ts',
    from: `typeof value === 'string' && value.length <= longestId ? value : null`,
    to: `typeof value === 'string' && longestId > 0 ? value : null`,
    test: { file: signals, name: 'with ids that are too long to be ours is nothing' },
  },
  {
    promise: 'P8',
    guard: 'A gateway keeps a bounded number of streams open',
    owner: 'server/feed.ts',
    from: 'if (topics.followers().length >= openStreams) {',
    to: 'if (topics.followers().length > 2 * openStreams) {',
    test: { file: feed, name: 'more streams than one gateway keeps are refused' },
  },
  {
    promise: 'P9',
    guard: 'A reader who takes nothing is dropped and holds nothing',
    owner: 'server/sse.ts',
    from: 'slow ??= setTimeout(() => response.destroy(), slowReaderMs);',
    to: 'slow ??= setTimeout(() => undefined, slowReaderMs);',
    test: { file: feed, name: 'is dropped after a while, and holds nothing any more' },
  },
  {
    promise: 'P9',
    guard: 'Every open question has a timer',
    owner: 'workflows/next.ts',
    from: 'const timers = open.isDue ? [] : [timer];',
    to: 'const timers = open.isDue ? [timer] : [];',
    test: { file: loop, name: 'ends every run that nobody cancels as completed' },
  },
  {
    promise: 'P9',
    guard: 'A question whose end has come is closed, and its call with it',
    owner: 'store/approvals.ts',
    from: `expireApproval(transaction, approval);
    return close('expired', 'Not made: nobody approved it in time.');`,
    to: `return { kind: 'undecided', remainingMs: 1_000 };`,
    test: {
      file: 'tests/store/expiry.integration.test.ts',
      name: 'is closed by the workflow’s timer when nobody decided',
    },
  },
  {
    promise: 'P9',
    guard: 'An activity beats while it works, so that a killed worker is missed',
    owner: 'activities/adapter.ts',
    from: 'const timer = setInterval(() => context.heartbeat(), heartbeatIntervalMs);',
    to: 'const timer = setInterval(() => undefined, heartbeatIntervalMs);',
    test: {
      file: 'tests/activities/adapter.test.ts',
      name: 'an activity beats while it works, so that a killed worker is missed',
    },
  },
  {
    promise: 'P9',
    guard: 'A model call whose worker was killed is tried again within seconds',
    owner: 'workflows/perform.ts',
    from: 'heartbeatTimeout: heartbeatTimeoutMs,',
    to: 'heartbeatTimeout: 1_000 * heartbeatTimeoutMs,',
    test: {
      file: 'tests/faults/killed-worker.integration.test.ts',
      name: 'in the middle of a model call is missed within seconds',
    },
  },
  {
    promise: 'P9',
    guard: 'A model stream that has fallen silent is ended',
    owner: 'activities/models/open-request.ts',
    from: "if (isOpen) timer = setTimeout(() => breakOff('stalled'), idleTimeoutMs);",
    to: "if (isOpen) timer = setTimeout(() => breakOff('stalled'), 50 * idleTimeoutMs);",
    test: {
      file: 'tests/activities/models/anthropic.test.ts',
      name: 'ends a stream that has fallen silent',
    },
  },
  {
    promise: 'P9',
    guard: 'A run that waits says for whom',
    owner: 'contracts/status.ts',
    from: `if (input.startedAt === null) return { status: 'queued', waitingFor: [waitForStart(input)] };`,
    to: `if (input.startedAt === null) return { status: 'queued', waitingFor: [] };`,
    test: {
      file: 'tests/contracts/status.test.ts',
      name: 'is queued until the workflow has begun, and always says whom it waits for',
    },
  },
  {
    promise: 'P9',
    guard: 'A parked effect is a wait that an operator can end',
    owner: 'contracts/status.ts',
    from: '...input.parkedEffects.map(({ tool, since }): Wait => ({',
    to: '...input.parkedEffects.slice(1).map(({ tool, since }): Wait => ({',
    test: {
      file: 'tests/store/ledger.integration.test.ts',
      name: 'tells the model what a person said of a parked effect, once',
    },
  },
  {
    promise: 'P9',
    guard: 'What Temporal refuses for good is given up and reported, not repeated for ever',
    owner: 'store/outbox.ts',
    from: `state = CASE WHEN refusals + 1 >= $5 THEN 'dead' ELSE state END,`,
    to: `state = CASE WHEN refusals + 1 >= $5 THEN state ELSE state END,`,
    test: {
      file: 'tests/server/delivery.integration.test.ts',
      name: 'for a workflow that is gone is refused, and given up after ten times',
    },
  },
  {
    promise: 'P9',
    guard: 'A process that stops in the middle of a change gives its run back',
    owner: 'store/database.ts',
    from: `idle_in_transaction_session_timeout: '3s',`,
    to: `idle_in_transaction_session_timeout: '60s',`,
    test: {
      file: 'tests/store/transaction.integration.test.ts',
      name: 'one that stops in the middle of a change gives its run back within seconds',
    },
  },
  {
    promise: 'P9',
    guard: 'A signal that can’t be decoded stops no workflow',
    owner: 'workflows/payload-converter.ts',
    from: 'return undefined as never;',
    to: `throw new Error('not decoded');`,
    test: {
      file: signals,
      name: 'whose payload can’t be decoded is nothing, and stops no workflow',
    },
  },
  {
    promise: 'P9',
    guard: 'A decision that arrives before the turn that asked is not lost',
    owner: 'workflows/advance.ts',
    from: 'if (!run.calls.some(isAbout)) return { ...run, earlyHints: keep(run.earlyHints, hint) };',
    to: 'if (!run.calls.some(isAbout)) return run;',
    test: {
      file: loop,
      name: 'keeps a decision that arrives before the turn that planned its call',
    },
  },
  {
    promise: 'P9',
    guard: 'A decision that arrives while a forged one is looked at is not lost',
    owner: 'workflows/advance.ts',
    from: 'hints: call.hints.filter((hint) => hint.decisionId !== call.lookedAt),',
    to: 'hints: [],',
    test: {
      file: loop,
      name: 'keeps a decision that arrives while a forged one is being looked at',
    },
  },
  {
    promise: 'P9',
    guard: 'A run that a kill switch holds says that a person can let it go on',
    owner: 'contracts/status.ts',
    from: `if (code === 'kill-switch-on') {`,
    to: `if (code === 'kill-switch-lifted') {`,
    test: {
      file: 'tests/contracts/status.test.ts',
      name: 'names an operator, and no time, while a kill switch holds a call',
    },
  },
  {
    promise: 'P9',
    guard: 'A run tells once that it is held, since when, however often it looks again',
    owner: 'store/kill-switches.ts',
    from: 'if (call.retryCode === code) return;',
    to: '',
    test: {
      file: 'tests/server/kill-switches.integration.test.ts',
      name: 'is told once, however often the call looks again',
    },
  },
  {
    promise: 'P9',
    guard: 'A parked effect that nobody answers is reminded of again every day',
    owner: 'store/reminders.ts',
    from: `ELSE reminded_at + \${everyMs} * interval '1 millisecond' END`,
    to: `ELSE 'infinity' END`,
    test: { file: reminders, name: 'is reminded of after an hour, then every day' },
  },
  {
    promise: 'P9',
    guard: 'Of several gateways one reminds',
    owner: 'store/reminders.ts',
    from: `AND run_id = $2 AND \${dueSql('$3', '$4')} ORDER BY key`,
    to: `AND run_id = $2 AND (state = 'parked' OR \${dueSql('$3', '$4')}) ORDER BY key`,
    test: { file: reminders, name: 'is reminded of once, however many gateways look' },
  },
  {
    promise: 'P9',
    guard: 'Gateways look by themselves for what nobody answers',
    owner: 'server/remind.ts',
    from: 'schedule(firstRoundMs);',
    to: 'timer = setTimeout(() => undefined, 0);',
    test: { file: reminders, name: 'is found by gateways by themselves, and told once' },
  },
];
