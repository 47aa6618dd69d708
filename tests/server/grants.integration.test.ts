/** Standing grants over HTTP: proposed, voted for, revoked and read (P4, P5). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GrantUseView, GrantView } from '../../contracts/grant.js';
import { registerDesk } from '../support/agents.js';
import { plannedRun } from '../support/granted-run.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
  await registerDesk(gateway.test.database, 'other-desk', () => ({}));
});
afterAll(() => gateway.close());

type Answered = GrantView & Readonly<Record<string, unknown>>;
interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
}
const usual = {
  agent: 'refund-desk',
  tool: 'issue_refund',
  rule: 'refund-medium',
  when: 'args.amountCents <= 10000',
  uses: 20,
  expiresIn: '7d',
  reason: 'A recall of order 42’s kind.',
};
const twoPeople = { ...usual, rule: 'refund-large', when: 'true' };
const propose = (body: object = usual, who = 'ana', headers = {}) =>
  gateway.as(who).call<Answered>('POST', '/v1/grants', body, headers);
const act = (id: string, what: 'votes' | 'revocation', who: string, body = {}, headers = {}) =>
  gateway.as(who).call<Answered>('POST', `/v1/grants/${id}/${what}`, body, headers);
const read = async (id: string, who = 'vera') =>
  (await gateway.as(who).call<Answered>('GET', `/v1/grants/${id}`)).body;

describe('a grant', () => {
  test('of a rule that asks one person is active as soon as it is proposed', async () => {
    const { status, body, headers } = await propose();
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/grants/${body.id}`);
    expect(body).toMatchObject({
      agent: 'refund-desk',
      tool: 'issue_refund',
      rule: 'refund-medium',
      when: usual.when,
      uses: 20,
      used: 0,
      status: 'active',
      reason: usual.reason,
      approvers: [],
      quorum: 1,
      proposedBy: 'ana',
      votes: [{ by: 'ana' }],
      revokedAt: null,
      activeAt: body.proposedAt,
      viewer: { canVote: false, canRevoke: true, why: 'The grant is active.' },
    });
    const livesMs = Date.parse(body.expiresAt) - Date.parse(body.proposedAt);
    expect(livesMs).toBe(7 * 24 * 3_600_000);
    expect(await read(body.id)).toMatchObject({ id: body.id, viewer: { canRevoke: false } });
  });

  test('of a rule that asks two takes two of those whom it asks, each once', async () => {
    const { body } = await propose(twoPeople);
    expect(body).toMatchObject({ status: 'proposed', quorum: 2, approvers: ['finance'] });
    expect(body.activeAt).toBeNull();
    expect((await read(body.id, 'ben')).viewer).toMatchObject({ canVote: true });
    const again = await act(body.id, 'votes', 'ana');
    expect([again.status, again.body['code']]).toEqual([409, 'already-voted']);
    expect((await act(body.id, 'votes', 'otto')).status).toBe(403);
    const second = await act(body.id, 'votes', 'ben');
    expect(second).toMatchObject({
      status: 200,
      body: { status: 'active', votes: [{ by: 'ana' }, { by: 'ben' }] },
    });
    const late = await act(body.id, 'votes', 'cleo');
    expect([late.status, late.body['code'], late.body['currentStatus']]).toEqual([
      409,
      'grant-not-open',
      'active',
    ]);
  });

  test('of which several vote at once is active once, with the votes that it took', async () => {
    const { body } = await propose(twoPeople);
    const answers = await Promise.all(
      ['ben', 'cleo', 'ben', 'cleo'].map((who) => act(body.id, 'votes', who)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    expect((await read(body.id)).votes).toHaveLength(2);
  });

  test('is revoked at once, by approvers, operators and admins, and never twice', async () => {
    for (const who of ['cleo', 'otto', 'adam']) {
      const { body } = await propose();
      expect((await act(body.id, 'revocation', 'vera', { reason: 'x' })).status).toBe(403);
      const revoked = await act(body.id, 'revocation', who, { reason: 'It is over.' });
      expect(revoked).toMatchObject({
        status: 200,
        body: { status: 'revoked', revokedBy: who, revokeReason: 'It is over.' },
      });
      const again = await act(body.id, 'revocation', 'otto', { reason: 'Again.' });
      expect(again).toMatchObject({
        status: 409,
        body: { code: 'grant-revoked', decidedBy: who, decidedAt: revoked.body.revokedAt },
      });
      const vote = await act(body.id, 'votes', 'ben');
      expect(vote.body).toMatchObject({ code: 'grant-not-open', currentStatus: 'revoked' });
    }
  });

  test('that expired before it was active takes no votes', async () => {
    const { body } = await propose({ ...twoPeople, expiresIn: '1s' });
    const ends = Date.parse(body.expiresAt);
    await gateway.test.database.pool.query(
      'SELECT pg_sleep(greatest(0, $1::numeric - extract(epoch FROM clock_timestamp())) + 0.01)',
      [ends / 1_000],
    );
    expect((await act(body.id, 'votes', 'ben')).body).toMatchObject({
      code: 'grant-not-open',
      currentStatus: 'expired',
    });
  });
});

describe('no grant is given', () => {
  test('with a condition that CEL does not understand: the answer shows the place', async () => {
    const { status, body } = await propose({ ...usual, when: 'args.amountCents <= ' });
    expect([status, body['code']]).toEqual([422, 'grant-not-possible']);
    expect(body['errors']).toEqual([
      { pointer: '/when', detail: expect.stringMatching(/\n.*\^/s) as unknown },
    ]);
    const typed = await propose({ ...usual, when: 'run.turn + 1' });
    expect(typed.body['errors']).toMatchObject([{ pointer: '/when' }]);
  });

  test.each<[string, object, string]>([
    ['of a rule that allows', { rule: 'refund-small' }, '/rule'],
    ['of a rule that is not there', { rule: 'nothing' }, '/rule'],
    ['of a rule of the product itself', { rule: 'default-effect' }, '/rule'],
    ['of a tool that the agent does not have', { tool: 'http_request' }, '/tool'],
  ])('%s', async (_what, change, pointer) => {
    const { status, body } = await propose({ ...usual, ...change });
    expect([status, body['code']]).toEqual([422, 'grant-not-possible']);
    expect(body['errors']).toMatchObject([{ pointer }]);
  });

  test('of an agent that is not registered', async () => {
    expect(await propose({ ...usual, agent: 'nobody' })).toMatchObject({
      status: 422,
      body: { code: 'unknown-agent' },
    });
  });

  test.each<[string, object]>([
    ['for no use', { uses: 0 }],
    ['for more than a thousand uses', { uses: 1_001 }],
    ['for longer than ninety days', { expiresIn: '91d' }],
    ['for ever', { expiresIn: undefined }],
    ['without a reason', { reason: ' ' }],
  ])('%s', async (_what, change) => {
    expect(await propose({ ...usual, ...change })).toMatchObject({
      status: 422,
      body: { code: 'invalid-request' },
    });
  });

  test('by people whom the rule does not ask', async () => {
    expect((await propose(usual, 'otto')).status).toBe(403);
    expect((await propose(usual, 'adam')).status).toBe(403);
    const { database } = gateway.test;
    await database.pool.query(`UPDATE principal SET labels = '{sales}' WHERE id = 'cleo'`);
    try {
      expect(await propose(twoPeople, 'cleo')).toMatchObject({
        status: 403,
        body: { detail: 'This question is for finance.' },
      });
    } finally {
      await database.pool.query(`UPDATE principal SET labels = '{finance}' WHERE id = 'cleo'`);
    }
  });
});

describe('a repeated key', () => {
  test('is given the first answer: one grant, one vote, one revocation', async () => {
    const headers = { 'idempotency-key': 'grant-1' };
    const first = await propose(twoPeople, 'ana', headers);
    const again = await propose(twoPeople, 'ana', headers);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(`/v1/grants/${first.body.id}`);
    expect(await propose({ ...twoPeople, uses: 3 }, 'ana', headers)).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
    const { id } = first.body;
    const vote = await act(id, 'votes', 'ben', {}, headers);
    expect(await act(id, 'votes', 'ben', {}, headers)).toMatchObject({
      status: 200,
      body: vote.body,
    });
    const stop = { reason: 'Stop.' };
    const revoked = await act(id, 'revocation', 'otto', stop, headers);
    expect(await act(id, 'revocation', 'otto', stop, headers)).toMatchObject({
      status: 200,
      body: revoked.body,
    });
  });
});

describe('grants are read', () => {
  test('the newest first, by status and agent, page by page', async () => {
    const agent = 'other-desk';
    const [active, revoked, proposed] = [
      (await propose({ ...usual, agent })).body,
      (await propose({ ...usual, agent })).body,
      (await propose({ ...twoPeople, agent })).body,
    ];
    await act(revoked.id, 'revocation', 'otto', { reason: 'Stop.' });
    const list = async (query: string) =>
      (await gateway.as('vera').call<Page<GrantView>>('GET', `/v1/grants?${query}`)).body;
    const idsOf = async (query: string) => (await list(query)).data.map(({ id }) => id);
    const all = [proposed.id, revoked.id, active.id];
    expect(await idsOf(`agent=${agent}`)).toEqual(all);
    expect(await idsOf(`agent=${agent}&status=active`)).toEqual([active.id]);
    expect(await idsOf(`agent=${agent}&status=revoked`)).toEqual([revoked.id]);
    expect(await idsOf(`agent=${agent}&status=proposed`)).toEqual([proposed.id]);
    expect(await idsOf(`agent=${agent}&status=used-up`)).toEqual([]);
    const paged: string[] = [];
    let cursor = '';
    do {
      const page = await list(`agent=${agent}&limit=1&cursor=${cursor}`);
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(paged).toEqual(all);
  });

  test('with what they were used for', async () => {
    const agent = 'other-desk';
    // It expires before the others, so it is taken first.
    const { body } = await propose({ ...usual, agent, expiresIn: '1d' });
    const runs = [];
    for (const amountCents of [7_001, 7_001]) {
      runs.push(await plannedRun(gateway.test.database, { agent, amountCents }));
    }
    const uses = async (query = '') =>
      (
        await gateway
          .as('audrey')
          .call<Page<GrantUseView>>('GET', `/v1/grants/${body.id}/uses${query}`)
      ).body;
    const { data } = await uses();
    expect(data.map(({ callId }) => callId)).toEqual(runs.map(({ callId }) => callId).toReversed());
    const first = await uses('?limit=1');
    const second = await uses(`?limit=1&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data]).toEqual(data);
    expect(await read(body.id)).toMatchObject({ used: 2, status: 'active' });
    const unknown = '/v1/grants/grt_00000000-0000-7000-8000-000000000000/uses';
    expect((await gateway.as('vera').call('GET', unknown)).status).toBe(404);
  });
});
