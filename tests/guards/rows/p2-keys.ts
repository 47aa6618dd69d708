/** P2: one Idempotency-Key is one change. */
import type { Guard } from '../guard.js';

const file = 'tests/server/idempotency.integration.test.ts';

export const keyGuards: readonly Guard[] = [
  {
    promise: 'P2',
    guard: 'One key with another body is refused',
    owner: 'store/idempotency.ts',
    from: `if (first === undefined) return null;
  if (first.bodyDigest !== claim.bodyDigest) throw new BelayError('idempotency-key-reused');`,
    to: 'if (first === undefined) return null;',
    test: { file, name: 'the same key with another body is refused' },
  },
  {
    promise: 'P2',
    guard: 'A key belongs to the one who used it',
    owner: 'server/parse.ts',
    from: 'const { tenantId, id: principalId } = call.principal;',
    to: `const { tenantId } = call.principal;
  const principalId = 'anyone';`,
    test: { file, name: 'a key belongs to its principal' },
  },
  {
    promise: 'P2',
    guard: 'A repeated post is given the first answer',
    owner: 'store/runs.ts',
    from: 'key.bodyDigest, first.status, first.body];',
    to: `key.bodyDigest, first.status, '{}'];`,
    test: { file, name: '100 identical posts at once with one key are one run' },
  },
  {
    promise: 'P2',
    guard: 'The key is claimed before the run is written, so that twins make one run',
    owner: 'store/runs.ts',
    from: 'claimValues(key, first)];',
    to: 'claimValues(key && { ...key, key: fresh.runId }, first)];',
    test: { file, name: '100 identical posts at once with one key are one run' },
  },
  {
    promise: 'P2',
    guard: 'A repeated post is answered although its agent has changed since',
    owner: 'server/routes/start-run.ts',
    from: 'const kept = key === null ? null : await findKeptAnswer(gateway.database, key);',
    to: 'const kept = null;',
    test: { file, name: 'a replay is answered although the agent has changed since' },
  },
  {
    promise: 'P2',
    guard: 'The order of keys in a body makes no other request',
    owner: 'runtime/digest.ts',
    from: 'const text = canonicalize(value);',
    to: 'const text = JSON.stringify(value) as string | undefined;',
    test: { file, name: 'the order of keys in the body makes no other request' },
  },
  {
    promise: 'P2',
    guard:
      'A decision, a cancellation or a word on an effect that is repeated under its key is a replay',
    owner: 'store/idempotency.ts',
    from: 'if (claim === null || first === undefined) return false;',
    to: 'if (claim === null || first === undefined || claim.key !== null) return false;',
    test: { file, name: 'repeated under one key change nothing more' },
  },
];
