/** P8, P11 and P12 for conversations: sent as they were kept, summed up in time, and paid for in the open. */
import type { Guard } from '../guard.js';

const transcripts = 'tests/store/transcript.integration.test.ts';
const wire = 'tests/activities/models/wire-messages.test.ts';
const whole = 'tests/activities/conversation.integration.test.ts';

export const conversationGuards: readonly Guard[] = [
  {
    promise: 'P8',
    guard: 'A message that somebody changed in Postgres is found out before it is sent',
    owner: 'store/transcript.ts',
    from: 'if (row.seq !== seq || row.chainHash !== expected) return',
    to: 'if (row.seq < 0) return',
    test: { file: transcripts, name: 'is broken where %s' },
  },
  {
    promise: 'P8',
    guard: 'A turn that was made from a shorter conversation is not added to a longer one',
    owner: 'store/transcript.ts',
    from: 'messages[0] === undefined || messages[0].seq === (last?.seq ?? 0) + 1',
    to: 'messages[0] === undefined || messages[0].seq <= (last?.seq ?? 0) + 1',
    test: { file: transcripts, name: 'takes no turn that was made from a shorter one' },
  },
  {
    promise: 'P8',
    guard: 'What a model is sent are the bytes that were kept',
    owner: 'activities/models/wire-messages.ts',
    from: 'const json = message.json ?? JSON.stringify(blocksOf(message));',
    to: 'const json = JSON.stringify(blocksOf(message));',
    test: { file: wire, name: 'are the stored bytes, each of them' },
  },
  {
    promise: 'P8',
    guard: 'The arguments of a call are kept as the model wrote them',
    owner: 'activities/models/content-json.ts',
    from: `name === 'input' ? input : JSON.stringify(value)`,
    to: 'JSON.stringify(value)',
    test: {
      file: 'tests/activities/models/content-json.test.ts',
      name: 'an input stands as the model wrote it',
    },
  },
  {
    promise: 'P8',
    guard: 'A long turn still finds what the one before it left in the cache',
    owner: 'activities/models/wire-messages.ts',
    from: 'known >= 0 && fresh.length > blocksBetween',
    to: 'known >= 0 && fresh.length > 1_000 * blocksBetween',
    test: { file: wire, name: 'mark their end, and find what the turn before kept' },
  },
  {
    promise: 'P8',
    guard: 'A conversation is summed up before it outgrows its model',
    owner: 'activities/compaction.ts',
    from: 'return needed > contextBudget(model, spec.limits.contextTokens) &&',
    to: 'return needed > 1_000 * contextBudget(model, spec.limits.contextTokens) &&',
    test: { file: whole, name: 'is compacted again and again, once each time' },
  },
  {
    promise: 'P8',
    guard: 'A conversation that a model takes no more is summed up, and the run goes on',
    owner: 'activities/answer-turn.ts',
    from: `if (!canCompact(loaded, 'overflow')) return`,
    to: `if (canCompact(loaded, 'overflow')) return`,
    test: { file: whole, name: 'that no longer fits is summed up from a shorter one' },
  },
  {
    promise: 'P11',
    guard: 'A model call whose answer nobody heard counts as what it was reckoned to cost',
    owner: 'store/turn-commit.ts',
    from: `if (outcome === 'committed') giveUpAttempts(transaction, turn, asked.attempt);`,
    to: '',
    test: { file: whole, name: 'counts as what it was reckoned to cost' },
  },
  {
    promise: 'P11',
    guard: 'An answer that came too late counts once, as what it really cost',
    owner: 'store/turn-commit.ts',
    from: `endAsked(transaction, fresh, 'superseded');`,
    to: '',
    test: { file: whole, name: 'counts as what it really cost once it comes back after all' },
  },
  {
    promise: 'P12',
    guard: 'What is kept of a long result is read by its own run alone',
    owner: 'store/kept-results.ts',
    from: 'AND run_id = $3`;',
    to: 'AND $3::text IS NOT NULL`;',
    test: {
      file: 'tests/activities/run-tool.integration.test.ts',
      name: 'is shown by its ends, and its own run reads on',
    },
  },
];
