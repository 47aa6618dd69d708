/** P4 and what it stands on: who somebody is, what they may, and who may change that. */
import type { Guard } from '../guard.js';

const apiKey = 'tests/runtime/api-key.test.ts';
const apiKeys = 'tests/server/api-keys.integration.test.ts';
const authorization = 'tests/server/authorization.integration.test.ts';
const keyring = 'tests/store/keyring.integration.test.ts';
const people = 'tests/server/principals.integration.test.ts';
const principal = 'tests/contracts/principal.test.ts';

export const principalGuards: readonly Guard[] = [
  {
    promise: 'P4',
    guard: 'A key is believed for its secret, not for its name',
    owner: 'store/keyring.ts',
    from: 'if (pepper < 0) return null;',
    to: 'if (pepper < -1) return null;',
    test: { file: authorization, name: 'a key with another secret is nobody' },
  },
  {
    promise: 'P4',
    guard: 'A revoked key is nobody',
    owner: 'store/keyring.ts',
    from: 'k.revoked_at IS NULL',
    to: 'true',
    test: { file: authorization, name: 'a revoked key is nobody' },
  },
  {
    promise: 'P4',
    guard: 'A revoked principal is nobody, whatever key it has',
    owner: 'store/keyring.ts',
    from: 'AND p.revoked_at IS NULL',
    to: '',
    test: { file: apiKeys, name: 'is nobody from then on, with every key and in every gateway' },
  },
  {
    promise: 'P4',
    guard: 'A key that has expired is nobody’s',
    owner: 'store/keyring.ts',
    from: 'AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())',
    to: '',
    test: { file: keyring, name: 'works until it expires, by the clock of Postgres' },
  },
  {
    promise: 'P4',
    guard: 'A stream ends when the key that opened it stops working',
    owner: 'server/sse.ts',
    from: 'const unwatch = keyId === null ? null',
    to: `const unwatch = keyId !== '' || keyId === null ? null`,
    test: { file: apiKeys, name: 'or key is heard no more within five seconds' },
  },
  {
    promise: 'P4',
    guard: 'Who can read the table of keys cannot make one: their hashes need the pepper',
    owner: 'runtime/api-key.ts',
    from: `createHmac('sha256', pepper)`,
    to: `createHmac('sha256', pepper && '')`,
    test: { file: apiKey, name: 'cannot be made without the pepper' },
  },
  {
    promise: 'P4',
    guard: 'The hash of one key fits no other id',
    owner: 'runtime/api-key.ts',
    from: '.update(text)',
    to: '.update(text.slice(15))',
    test: { file: apiKey, name: 'is of the whole key' },
  },
  {
    promise: 'P13',
    guard: 'A hash that is damaged is a refusal, not a failure',
    owner: 'runtime/api-key.ts',
    from: 'return made.length === kept.length && timingSafeEqual(made, kept);',
    to: 'return timingSafeEqual(made, kept);',
    test: { file: apiKey, name: 'that is damaged fits nothing, and breaks nothing' },
  },
  {
    promise: 'P13',
    guard: 'Noting that a key was used waits for nobody',
    owner: 'store/keyring.ts',
    from: 'FOR UPDATE SKIP LOCKED',
    to: 'FOR UPDATE',
    test: { file: keyring, name: 'is never in the way' },
  },
  {
    promise: 'P4',
    guard: 'The table of permissions says what was promised: an admin does not decide',
    owner: 'contracts/principal.ts',
    from: `'approvals:decide': ['approver'],`,
    to: `'approvals:decide': ['approver', 'admin'],`,
    test: { file: authorization, name: 'says of every call what was promised' },
  },
  {
    promise: 'P4',
    guard: 'Who is an admin too decides nothing, whatever an old row says',
    owner: 'contracts/principal.ts',
    from: '(areApart(held) || !approving.has(permission));',
    to: 'approving.size > 0;',
    test: { file: people, name: 'of a row from before the two were kept apart' },
  },
  {
    promise: 'P4',
    guard: 'No label passes for a role',
    owner: 'contracts/principal.ts',
    from: ' && !(roles as readonly string[]).includes(text);',
    to: ';',
    test: { file: principal, name: 'has labels that no rule could take for a role' },
  },
  {
    promise: 'P4',
    guard: 'Nobody becomes admin and approver',
    owner: 'server/routes/principals.ts',
    from: `
  .refine(areApart, 'holds admin and approver: who says who may approve does not approve');`,
    to: ';',
    test: { file: people, name: 'cannot become both who configures and who approves' },
  },
  {
    promise: 'P4',
    guard: 'Nobody gives themselves rights or keys',
    owner: 'policy/may-manage.ts',
    from: 'if (managerId === subjectId && !lessens.has(act)) {',
    to: `if (managerId === '' && !lessens.has(act)) {`,
    test: { file: people, name: 'gives themselves no rights and no keys' },
  },
  {
    promise: 'P4',
    guard: 'No approver is given a key in silence',
    owner: 'server/routes/principals.ts',
    from: `if (held.includes('approver')) log.warn(`,
    to: `if (id === '') log.warn(`,
    test: { file: people, name: 'gives no approver a key in silence' },
  },
  {
    promise: 'P4',
    guard: 'A revocation is written down with who did it and why',
    owner: 'store/principal-changes.ts',
    from: `await note(client, change, revoked, 'revoked');`,
    to: '',
    test: { file: people, name: 'says of each who did it, when, why' },
  },
  {
    promise: 'P12',
    guard: 'An API key is shown once, and lies in no row',
    owner: 'server/routes/keys.ts',
    from: 'answer(201, { ...apiKeyView(record), key: null })',
    to: 'answer(201, { ...apiKeyView(record), key: fresh.text })',
    test: { file: apiKeys, name: 'that is asked for again under one Idempotency-Key is one key' },
  },
];
