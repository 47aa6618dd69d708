/** P3: what each class of effect is held by, and what keeps the same thing from being done twice. */
import type { Guard } from '../guard.js';

const attempts = 'tests/store/ledger-attempts.integration.test.ts';
const claims = 'tests/store/business-claims.integration.test.ts';
const law = 'tests/contracts/ledger.test.ts';
const transactional = 'tests/store/transactional-effect.integration.test.ts';
const turns = 'tests/store/turns.integration.test.ts';
const whileSending = 'effect while its last attempt may still be sending';

const edges = 'tests/store/ledger-edges.integration.test.ts';
const runTool = 'tests/activities/run-tool.integration.test.ts';

export const classGuards: readonly Guard[] = [
  {
    promise: 'P3',
    guard: 'A search that another attempt has taken over from finds nothing any more',
    owner: 'store/call-attempt.ts',
    from: `if (effect.fence !== fence || effect.state !== 'unknown')`,
    to: `if (effect.state !== 'unknown')`,
    test: { file: attempts, name: 'takes no finding of a search that another attempt' },
  },
  {
    promise: 'P3',
    guard: 'A lost effect is searched for only when nothing of it can still appear',
    owner: 'contracts/ledger.ts',
    from: `case 'reconcilable':
      if (waitMs > 0) return { kind: 'wait', waitMs };`,
    to: `case 'reconcilable':`,
    test: { file: attempts, name: whileSending },
  },
  {
    promise: 'P3',
    guard: 'An idempotent effect is repeated only when no earlier one can still arrive after it',
    owner: 'contracts/ledger.ts',
    from: `case 'idempotent':
      if (waitMs > 0) return { kind: 'wait', waitMs };`,
    to: `case 'idempotent':`,
    test: { file: attempts, name: whileSending },
  },
  {
    promise: 'P3',
    guard: 'An effect in our own Postgres is done in the transaction that confirms it',
    owner: 'store/transactional-effect.ts',
    from: `async (client, rows) => (isMine(rows[1]) ? workOrNothing(client, work) : null),`,
    to: `async (_client, rows) =>
      isMine(rows[1])
        ? work(async (text, values) => (await database.pool.query(text, [...values])).rows)
        : null,`,
    test: { file: transactional, name: 'is done in the transaction that confirms it' },
  },
  {
    promise: 'P3',
    guard: 'An attempt that was given up does nothing in our own Postgres',
    owner: 'store/transactional-effect.ts',
    from: `effect?.['fence'] === fence && effect['state'] === 'dispatched';`,
    to: `effect?.['state'] === 'dispatched';`,
    test: { file: transactional, name: 'does nothing at all in an attempt that another one' },
  },
  {
    promise: 'P3',
    guard: 'Work in our own Postgres that comes to nothing is undone',
    owner: 'store/transactional-effect.ts',
    from: `if (learned.kind !== 'done') await client.query('ROLLBACK TO SAVEPOINT work');`,
    to: '',
    test: { file: transactional, name: 'leaves nothing behind when its work comes to nothing' },
  },
  {
    promise: 'P3',
    guard: 'Of two calls that do the same thing at once one sees the other',
    owner: 'store/business-claims.ts',
    from: 'VALUES ($1, $2, $3, $4, $5, $6)`',
    to: 'VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, tool, scope, key) DO UPDATE SET effect_key = EXCLUDED.effect_key`',
    test: { file: claims, name: 'at once, is sent by one of them, however many there are' },
  },
  {
    promise: 'P3',
    guard: 'A thing that was done long ago is taken over by one call',
    owner: 'store/business-claims.ts',
    from: 'FOR UPDATE OF claim',
    to: '',
    test: { file: claims, name: 'also where it was done long before' },
  },
  {
    promise: 'P3',
    guard: 'Whoever sends a thing holds it, also after a wait that was longer than its window',
    owner: 'store/call-start.ts',
    from: 'if (isUnsent(effect) && terms.repeats !== null) {',
    to: 'if (isUnsent(effect) && terms.repeats === null) {',
    test: { file: claims, name: 'is the thing of whoever sends it last' },
  },
  {
    promise: 'P3',
    guard: 'One key is never sent with other arguments',
    owner: 'store/call-start.ts',
    from: 'if (effect !== undefined && isOpen(effect) && effect.argsDigest !== call.argsDigest) {',
    to: `if (effect !== undefined && effect.argsDigest === '') {`,
    test: { file: attempts, name: 'never sends one key with other arguments' },
  },
  {
    promise: 'P3',
    guard: 'An effect is sent only so often while nobody knows whether it was done',
    owner: 'contracts/ledger.ts',
    from: 'row.dispatchesInDoubt >= dispatchesPerEffect;',
    to: 'row.dispatchesInDoubt >= 10 * dispatchesPerEffect;',
    test: { file: law, name: 'sends no effect more often than its bound' },
  },
  {
    promise: 'P3',
    guard: 'What an attempt says that was given up is told, also when its call has ended',
    owner: 'store/call-attempt.ts',
    from: 'if (effect !== undefined && effect.fence !== fence) {',
    to: 'if (effect === undefined) {',
    test: { file: attempts, name: 'tells people what a late attempt says' },
  },
  {
    promise: 'P9',
    guard: 'The same call for the third time in a row is asked about, or ends its run',
    owner: 'store/repeated-calls.ts',
    from: 'return isRepeat ? asked(call) : call;',
    to: 'return call;',
    test: { file: turns, name: 'that asks for the impossible the third time ends its run' },
  },
  {
    promise: 'P9',
    guard: 'A turn that ended its run says so to whoever asks again',
    owner: 'store/turn-commit.ts',
    from: 'writeTurn(transaction, { ...fresh, failureCode });',
    to: 'writeTurn(transaction, fresh);',
    test: { file: turns, name: 'that asks for the impossible the third time ends its run' },
  },
  {
    promise: 'P3',
    guard: 'A yes to one repeat is none to a later one',
    owner: 'store/call-start.ts',
    from: 'if (isAnswered && Date.parse(earlier.claimedAt) <= Date.parse(approval.requestedAt)) return null;',
    to: 'if (isAnswered) return null;',
    test: { file: edges, name: 'takes no yes to one repeat for a yes to a later one' },
  },
  {
    promise: 'P3',
    guard: 'What is searched for in vain again and again is for a person to settle',
    owner: 'contracts/ledger.ts',
    from: 'row.absences >= absencesPerEffect',
    to: 'row.absences < 0',
    test: { file: edges, name: 'searched for in vain again and again' },
  },
  {
    promise: 'P4',
    guard: 'What was begun in our own Postgres passes the gates again, as nothing of it is done',
    owner: 'store/call-start.ts',
    from: "(effect.class === 'transactional' && isOpen(effect))",
    to: "(effect.class === 'read' && isOpen(effect))",
    test: { file: edges, name: 'does nothing more in our own Postgres once the run is cancelled' },
  },
  {
    promise: 'P3',
    guard: 'A kill switch waits for all that have seen none',
    owner: 'store/switch-changes.ts',
    from: 'await client.query(lockText, lockValues);',
    to: 'if (lockText === undefined) await client.query(lockText, lockValues);',
    test: { file: edges, name: 'a kill switch is set only when all that saw none has committed' },
  },
  {
    promise: 'P3',
    guard: 'A tool that is of another class by now does not repeat what it was planned as',
    owner: 'activities/run-tool.ts',
    from: "return planned === now || planned === 'unsafe';",
    to: "return now !== undefined || planned === 'unsafe';",
    test: { file: runTool, name: 'whose tool is of another class by now' },
  },
];
