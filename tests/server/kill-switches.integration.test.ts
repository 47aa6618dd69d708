/** Kill switches: what they hold and what they let through, who sets and lifts them, and what the others learn. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { EffectClass } from '../../contracts/effect.js';
import type { KillSwitchPage, KillSwitchView } from '../../contracts/kill-switch.js';
import { recordAttempt, recordSearch } from '../../store/call-attempt.js';
import { startCall } from '../../store/call-start.js';
import { requestCancel } from '../../store/run-lifecycle.js';
import { approveInRun, planInRun } from '../support/asked-run.js';
import { queueRun } from '../support/queued-run.js';
import { terms as usualTerms } from '../support/terms.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());
afterEach(async () => {
  await gateway.test.database.pool.query(
    `UPDATE kill_switch SET lifted_by = 'test', lifted_at = clock_timestamp()
     WHERE lifted_at IS NULL`,
  );
});

type Answered = KillSwitchView & Readonly<Record<string, unknown>>;
const set = (body: object, who = 'otto', headers = {}) =>
  gateway
    .as(who)
    .call<Answered>('POST', '/v1/kill-switches', { reason: 'Stop.', ...body }, headers);
const lift = (id: number, who = 'otto', headers = {}) =>
  gateway
    .as(who)
    .call<Answered>('POST', `/v1/kill-switches/${id}/lifts`, { reason: 'Go.' }, headers);
const list = async (query = '', who = 'vera') =>
  (await gateway.as(who).call<KillSwitchPage>('GET', `/v1/kill-switches${query}`)).body;

/** Searched at once, so that no test waits for a service to settle. */
const terms = { ...usualTerms, requestTimeoutMs: -2_000 };

/** A run whose refund people have approved; nothing of it was sent. */
async function approved(effect: EffectClass = 'keyed') {
  const runId = await queueRun(gateway.test.database);
  const { callId } = await approveInRun(gateway.test.database, runId, effect);
  const address = { tenantId: 'default', runId };
  const start = () => startCall(gateway.test.database, address, callId, terms);
  return { runId, callId, address, start };
}

const everything = { scope: 'all' };
const scopes = [
  everything,
  { scope: 'agent', name: 'refund-desk' },
  { scope: 'tool', name: 'issue_refund' },
];

describe('a kill switch', () => {
  test.each(scopes)(
    '%j holds what would be sent, says so, and lets it go when lifted',
    async (scope) => {
      const { runId, start } = await approved();
      const { body, status } = await set(scope);
      expect(status).toBe(201);
      expect(await start()).toEqual({ kind: 'held', waitMs: 5_000 });
      const held = await gateway.local.run(runId);
      expect(held).toMatchObject({ status: 'waiting' });
      expect(held.waitingFor).toEqual([
        {
          kind: 'effect',
          who: 'operator',
          since: expect.any(String),
          until: null,
          then: expect.stringContaining('kill switch that holds issue_refund'),
        },
      ]);
      expect(await gateway.local.effects(runId)).toEqual([]);
      expect(await lift(body.id)).toMatchObject({ status: 200, body: { state: 'lifted' } });
      expect(await start()).toMatchObject({ kind: 'started', fence: 1 });
      expect((await gateway.local.run(runId)).waitingFor).toEqual([]);
    },
  );

  test('of another agent or tool holds nothing of this one', async () => {
    await set({ scope: 'tool', name: 'send_email' });
    await gateway.test.database.pool.query(
      `INSERT INTO kill_switch (tenant_id, scope, name, reason, set_by)
       VALUES ('default', 'agent', 'another', 'test', 'otto')`,
    );
    expect(await (await approved()).start()).toMatchObject({ kind: 'started' });
  });

  test('is told once, however often the call looks again', async () => {
    const { runId, start } = await approved();
    await set(everything);
    await start();
    const [wait] = (await gateway.local.run(runId)).waitingFor;
    const told = await gateway.local.events(runId);
    for (let look = 0; look < 3; look += 1) await start();
    expect((await gateway.local.run(runId)).waitingFor).toEqual([wait]);
    expect(await gateway.local.events(runId)).toEqual(told);
    expect(told.at(-1)).toMatchObject({
      type: 'call-retrying',
      data: { code: 'kill-switch-on', until: null },
    });
  });

  test('holds the repeat of what was sent and never answered', async () => {
    const { start } = await approved('keyed');
    expect(await start()).toMatchObject({ kind: 'started', fence: 1 });
    const { body } = await set(everything);
    expect(await start()).toMatchObject({ kind: 'held' });
    await lift(body.id);
    expect(await start()).toMatchObject({ kind: 'started', fence: 2 });
  });

  test('never holds the search for what was sent, only what follows from it', async () => {
    const { address, callId, start } = await approved('reconcilable');
    const first = await start();
    if (first.kind !== 'started') throw new Error(`The call is ${first.kind}`);
    const lost = { kind: 'unknown', code: 'tool-unreachable', retryInMs: 0 } as const;
    await recordAttempt(gateway.test.database, address, callId, first.fence, lost);
    await set(everything);
    const search = await start();
    if (search.kind !== 'search') throw new Error(`The call is ${search.kind}`);
    await recordSearch(gateway.test.database, address, callId, search.fence, { kind: 'absent' });
    expect(await start()).toMatchObject({ kind: 'held' });
  });

  test('never holds a read', async () => {
    const runId = await queueRun(gateway.test.database);
    const read = { tool: 'lookup_order', effect: 'read', verdict: 'allow' } as const;
    const { callId } = await planInRun(gateway.test.database, runId, read);
    await set(everything);
    const address = { tenantId: 'default', runId };
    const allowed = { ...terms, verdict: 'allow' } as const;
    const started = await startCall(gateway.test.database, address, callId, allowed);
    expect(started).toMatchObject({ kind: 'started', effectKey: null });
  });

  test('does not keep a cancelled run from its end', async () => {
    const { address, start } = await approved();
    await set(everything);
    await start();
    await requestCancel(gateway.test.database, address, { by: 'otto', reason: null }, null);
    expect(await start()).toEqual({ kind: 'finished' });
  });
});

describe('setting and lifting', () => {
  test('one of a name is on at a time, and the others learn who set it, when and why', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, each) => set({ scope: 'all', reason: `Reason ${each}` })),
    );
    const [first, ...more] = all.filter(({ status }) => status === 201);
    expect(more).toEqual([]);
    for (const { status, body } of all.filter((answer) => answer !== first)) {
      expect(status).toBe(409);
      expect(body).toMatchObject({
        code: 'kill-switch-set',
        currentStatus: 'on',
        decidedBy: 'otto',
        decidedAt: first?.body.setAt,
        id: first?.body.id,
        detail: expect.stringContaining(first?.body.reason ?? ''),
      });
    }
    // Another name is another switch, and what was lifted can be set again.
    expect((await set({ scope: 'tool', name: 'issue_refund' }, 'adam')).status).toBe(201);
    await lift(first?.body.id ?? 0);
    expect((await set(everything)).status).toBe(201);
  });

  test('the first lift counts, and says who and why for ever', async () => {
    const { body } = await set({ ...everything, reason: 'Refunds went wrong.' });
    const lifts = await Promise.all([lift(body.id, 'otto'), lift(body.id, 'adam')]);
    const won = lifts.find(({ status }) => status === 200);
    const lost = lifts.find(({ status }) => status !== 200);
    expect(lost).toMatchObject({
      status: 409,
      body: { code: 'kill-switch-lifted', decidedBy: won?.body.liftedBy, decision: 'lifted' },
    });
    const [newest] = (await list('?state=lifted')).data;
    expect(newest).toMatchObject({
      id: body.id,
      state: 'lifted',
      scope: 'all',
      name: null,
      reason: 'Refunds went wrong.',
      setBy: 'otto',
      liftedBy: won?.body.liftedBy,
      liftReason: 'Go.',
    });
    expect((await lift(999_999)).status).toBe(404);
    expect((await gateway.as('otto').call('POST', '/v1/kill-switches/x/lifts', {})).status).toBe(
      404,
    );
  });

  test('a repeated key is given the first answer and sets nothing', async () => {
    const key = { 'idempotency-key': 'stop-1' };
    const first = await set(everything, 'otto', key);
    await lift(first.body.id, 'otto', { 'idempotency-key': 'go-1' });
    const again = await set(everything, 'otto', key);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const liftedAgain = await lift(first.body.id, 'otto', { 'idempotency-key': 'go-1' });
    expect([liftedAgain.status, liftedAgain.headers.get('idempotent-replayed')]).toEqual([
      200,
      'true',
    ]);
    expect((await list('?state=on')).data).toEqual([]);
    expect(await set({ ...everything, reason: 'Other.' }, 'otto', key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
  });

  test('what is not known is refused with what is', async () => {
    expect(await set({ scope: 'agent', name: 'nobody' })).toMatchObject({
      status: 422,
      body: { code: 'unknown-agent', agents: expect.arrayContaining(['refund-desk']) },
    });
    expect(await set({ scope: 'tool', name: 'nothing' })).toMatchObject({
      status: 422,
      body: { code: 'unknown-tool', tools: expect.arrayContaining(['issue_refund', 'send_email']) },
    });
    const malformed = [
      { scope: 'tool' },
      { scope: 'all', name: 'refund-desk' },
      { scope: 'run', name: 'x' },
      { ...everything, reason: ' ' },
    ];
    for (const body of malformed) {
      expect(await set(body)).toMatchObject({ status: 422, body: { code: 'invalid-request' } });
    }
  });

  test('operators and admins do it, and everybody may look', async () => {
    expect((await set(everything, 'ana')).status).toBe(403);
    const { body } = await set(everything, 'adam');
    expect((await lift(body.id, 'vera')).status).toBe(403);
    expect(await list('?state=on')).toMatchObject({ viewer: { canSet: false } });
    expect(await list('?state=on', 'adam')).toMatchObject({ viewer: { canSet: true } });
  });

  test('lists what is on first, then what was lifted, page by page', async () => {
    const { body } = await set({ scope: 'tool', name: 'send_email' });
    await lift((await set(everything)).body.id);
    const whole = (await list('?limit=200')).data;
    expect(whole[0]).toMatchObject({ id: body.id, state: 'on' });
    const lifted = whole.slice(1);
    expect(lifted.every(({ state }) => state === 'lifted')).toBe(true);
    expect(lifted.map(({ id }) => id)).toEqual(
      lifted.map(({ id }) => id).toSorted((a, b) => b - a),
    );
    const paged: number[] = [];
    let cursor = '';
    do {
      const page = await list(`?limit=2&cursor=${cursor}`);
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(paged).toEqual(whole.map(({ id }) => id));
  });
});
