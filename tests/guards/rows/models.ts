/** P3, P9, P11, P12 and P13 where a model is asked: what is cut, endless, expensive, private or away. */
import type { Guard } from '../guard.js';

const askModel = 'tests/activities/ask-model.integration.test.ts';
const errors = 'tests/activities/models/anthropic-errors.test.ts';
const expectedUsage = 'tests/activities/expected-usage.test.ts';

export const modelGuards: readonly Guard[] = [
  {
    promise: 'P3',
    guard: 'Of an answer that was cut no call is made',
    owner: 'activities/take-turn.ts',
    from: "answer.stop === 'truncated'))",
    to: "answer.stop === 'paused'))",
    test: { file: askModel, name: 'then none of them is made' },
  },
  {
    promise: 'P3',
    guard: 'A call whose input did not come whole is not believed',
    owner: 'activities/models/anthropic.ts',
    from: "if (stop === 'tools' && !(hasCalls && received.hasWholeInputs())) {",
    to: "if (stop === 'tools' && !hasCalls) {",
    test: {
      file: 'tests/activities/models/anthropic.test.ts',
      name: 'cut short, which the SDK would complete in silence',
    },
  },
  {
    promise: 'P9',
    guard: 'A model that never finishes its turns ends its run',
    owner: 'activities/take-turn.ts',
    from: 'if (isUnfinished && bounds.unfinishedTurns >= unfinishedTurnsInARow) {',
    to: 'if (isUnfinished && bounds.unfinishedTurns > unfinishedTurnsInARow) {',
    test: { file: askModel, name: 'again and again ends the run' },
  },
  {
    promise: 'P9',
    guard: 'A stop reason that nobody knows ends the run',
    owner: 'activities/models/anthropic.ts',
    from: "(stops[reason] ?? 'unknown') : 'unknown';",
    to: "(stops[reason] ?? 'unknown') : 'final';",
    test: {
      file: 'tests/activities/models/anthropic.test.ts',
      name: 'that stops for a reason nobody knows is not guessed at',
    },
  },
  {
    promise: 'P11',
    guard: 'At the spending limit a person is asked, and the model is not asked in a loop',
    owner: 'activities/ask-model.ts',
    from: "kind === 'quota'\n          ? quotaRetryMs",
    to: "kind === 'cancelled'\n          ? quotaRetryMs",
    test: { file: askModel, name: 'at the spending limit asks a person' },
  },
  {
    promise: 'P11',
    guard: 'What a lost answer cost counts for its run',
    owner: 'store/turn-attempts.ts',
    from: 'cost_micros_usd = cost_micros_usd + $17::boolean::int * coalesce($12::bigint, 0) - was_cost,',
    to: 'cost_micros_usd = cost_micros_usd + 0 * $17::boolean::int * coalesce($12::bigint, 0),',
    test: { file: askModel, name: 'on the way is paid for' },
  },
  {
    promise: 'P11',
    guard: 'A lost answer is not reckoned cheaper than what was on its way makes it',
    owner: 'activities/models/received.ts',
    from: 'saidTokens > 0 ? 0 : tokensOnTheWay',
    to: 'saidTokens > 0 ? 0 : 0',
    test: {
      file: 'tests/activities/models/anthropic.test.ts',
      name: 'is reckoned with what had come and a little on its way',
    },
  },
  {
    promise: 'P11',
    guard: 'An answer that nobody heard is reckoned with a length',
    owner: 'activities/expected-usage.ts',
    from: 'Math.max(unheardTokens, last?.outputTokens ?? 0);',
    to: '0;',
    test: { file: expectedUsage, name: 'is as long as the last answer, and never quite short' },
  },
  {
    promise: 'P11',
    guard: 'What is not surely cached is reckoned to be written anew',
    owner: 'activities/expected-usage.ts',
    from: 'last.isWarm && last.model === model ?',
    to: 'last.promptTokens > 0 ?',
    test: { file: expectedUsage, name: 'never less than is billed' },
  },
  {
    promise: 'P11',
    guard: 'A price that nobody knows is not taken for none',
    owner: 'activities/models/prices.ts',
    from: 'const unknown: Found = { microsUsd: null,',
    to: 'const unknown: Found = { microsUsd: 0,',
    test: {
      file: 'tests/activities/models/prices.test.ts',
      name: 'unknown for what nobody has priced',
    },
  },
  {
    promise: 'P13',
    guard: 'A run that is made to look again says no longer that it waits',
    owner: 'activities/take-turn.ts',
    from: 'if (loaded.run.isRetryNoted) await',
    to: 'if (turn < 0) await',
    test: {
      file: 'tests/activities/take-turn.integration.test.ts',
      name: 'an operator makes look again waits no longer',
    },
  },
  {
    promise: 'P13',
    guard: 'A stream that falls silent is given up, though its socket stays open',
    owner: 'activities/models/open-request.ts',
    from: "if (isOpen) timer = setTimeout(() => breakOff('stalled'), idleTimeoutMs);",
    to: 'if (isOpen) timer = setTimeout(() => undefined, idleTimeoutMs);',
    test: {
      file: 'tests/activities/models/anthropic.test.ts',
      name: 'ends a stream that has fallen silent',
    },
  },
  {
    promise: 'P13',
    guard: 'One layer alone tries again: the SDK does not',
    owner: 'activities/models/anthropic.ts',
    from: 'maxRetries: 0,',
    to: 'maxRetries: 2,',
    test: { file: errors, name: 'is not retried here' },
  },
  {
    promise: 'P13',
    guard: 'A run says that it waits for the model where the model is away',
    owner: 'contracts/status.ts',
    from: "'model-overloaded': 'dependency',",
    to: '',
    test: { file: askModel, name: 'is asked once more before it is left' },
  },
  {
    promise: 'P13',
    guard: 'A run that left its model does not go back to it',
    owner: 'store/turn-attempts.ts',
    from: 'SET model_position = greatest(model_position, $3)',
    to: 'SET model_position = least(model_position, $3)',
    test: { file: askModel, name: 'is left for good' },
  },
];
