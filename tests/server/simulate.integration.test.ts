/** Trying a policy before it is used: on calls that are thought of, and on history. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Simulation } from '../../contracts/simulation.js';
import { planCall } from '../../activities/plan-call.js';
import type { AgentVersion } from '../../contracts/agent.js';
import type { RunId } from '../../contracts/ids.js';
import { digestOf } from '../../runtime/digest.js';
import { projectRoot } from '../../runtime/project-root.js';
import { runSimulation } from '../../server/run-simulation.js';
import { findCurrentVersion } from '../../store/agents.js';
import { findApproval } from '../../store/approval-views.js';
import { registerDesk } from '../support/agents.js';
import { planInRun } from '../support/asked-run.js';
import { queueRun } from '../support/queued-run.js';
import { vote } from '../support/votes.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

type Answered = Simulation & Readonly<Record<string, unknown>>;
const simulate = (body: object, who = 'vera') =>
  gateway
    .as(who)
    .call<Answered>('POST', '/v1/policies/simulate', { agent: 'refund-desk', ...body });
const refund = (amountCents: number, currency = 'EUR') => ({
  tool: 'issue_refund',
  args: { orderId: '42', amountCents, currency, reason: 'broken' },
});
const closed = '- { id: closed, when: "true", decision: deny, reason: Closed. }';

/** A run whose model asked for a refund, judged as any call is. */
async function judgedRun(agent: string, amountCents: number) {
  const { database } = gateway.test;
  const version = (await findCurrentVersion(database, 'default', agent)) as AgentVersion;
  const runId = await queueRun(database, agent);
  const { tool: name, args: input } = refund(amountCents);
  const run = {
    runId,
    requestedBy: 'otto',
    turn: 1,
    spentMicrosUsd: 0,
    isTainted: false,
    at: '2026-11-28T12:00:00.000Z',
  };
  const judged = planCall([], version, run, { type: 'tool_use', id: 'toolu_1', name, input });
  return {
    runId,
    planned: await planInRun(database, runId, { ...judged, title: 'a refund', previews: false }),
  };
}

/** How much is written anywhere that a simulation could write to. */
async function written(): Promise<unknown> {
  const tables = ['run', 'call', 'approval', 'event', 'agent_version', 'agent', 'idempotency'];
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`);
  return (await gateway.test.database.pool.query(`SELECT ${counts.join(', ')}`)).rows;
}

describe('simulating on calls that are thought of', () => {
  test('says what the stored policy says, and what another would', async () => {
    const before = await written();
    const calls = [refund(100), refund(9_000), refund(60_000)];
    const { status, body } = await simulate({ policy: closed, calls });
    expect(status).toBe(200);
    expect(body.data.map((call) => [call.before.rule, call.before.quorum])).toEqual([
      ['refund-small', 0],
      ['refund-medium', 1],
      ['refund-large', 2],
    ]);
    expect(body.summary).toMatchObject({ calls: 3, changed: 3, newlyDenied: 3 });
    expect(body.data[0]).toMatchObject({
      tool: 'issue_refund',
      argsDigest: digestOf(refund(100).args),
      after: { verdict: 'deny', rule: 'closed' },
    });
    expect(await written()).toEqual(before);
  });

  test('lets rules see the run and the time that are thought of', async () => {
    const policy = `
- { id: night, when: time.hour < 6 || time.weekday == 7, decision: deny, reason: r }
- { id: mine, when: run.requester == "otto" && run.turn == 3, decision: allow, reason: r }
`;
    const calls = [
      { ...refund(100), time: '2026-11-28T07:30:00+02:00' },
      { ...refund(100), time: '2026-11-29T12:00:00Z' },
      { ...refund(100), time: '2026-11-28T12:00:00Z', run: { turn: 3, requester: 'otto' } },
      {
        ...refund(100),
        time: '2026-11-28T12:00:00Z',
        run: { turn: 3, requester: 'otto', tainted: true },
      },
      { tool: 'lookup_order', args: { orderId: '42' }, time: '2026-11-28T12:00:00Z' },
      { tool: 'lookup_order', args: { orderId: 42 } },
    ];
    const { body } = await simulate({ policy, calls });
    expect(body.data.map(({ after }) => [after.verdict, after.rule])).toEqual([
      ['deny', 'night'],
      ['deny', 'night'],
      ['allow', 'mine'],
      ['ask', 'mine'],
      ['allow', 'default-read'],
      ['deny', 'schema'],
    ]);
  });

  test('of a policy that does not load names every problem with line, rule and caret', async () => {
    const policy =
      '- id: first\n  when: tol.name == "x"\n  decision: ask\n  reason: r\n- { id: b }\n';
    const { status, body } = await simulate({ policy, calls: [refund(1)] });
    expect([status, body['code']]).toEqual([422, 'invalid-request']);
    const errors = body['errors'] as { pointer: string; detail: string }[];
    expect(errors[0]).toMatchObject({ pointer: '/policy' });
    expect(errors[0]?.detail).toMatch(/^policy:2: rule first: when: Unknown variable: tol[^]*\^/);
    expect(errors[1]?.detail).toMatch(/^policy:5: rule b: when: /);
  });

  test.each([
    ['neither calls nor history', {}, '/calls'],
    ['both', { calls: [refund(1)], last: 1 }, '/calls'],
    ['too much history', { last: 1_001 }, '/last'],
    ['no call', { calls: [] }, '/calls'],
    ['a field that is not known', { calls: [{ ...refund(1), effekt: 'read' }] }, '/calls/0/effekt'],
  ])('refuses %s', async (_, body, pointer) => {
    const answer = await simulate(body);
    expect(answer.status).toBe(422);
    expect(answer.body['errors']).toMatchObject([{ pointer }]);
  });

  test('refuses an agent and a tool that do not exist', async () => {
    expect((await simulate({ agent: 'nobody', last: 1 })).body).toMatchObject({
      code: 'unknown-agent',
    });
    const tool = { tool: 'fly', args: {} };
    expect((await simulate({ calls: [refund(1), tool] })).body).toMatchObject({
      code: 'unknown-tool',
      errors: [{ pointer: '/calls/1/tool' }],
    });
  });

  test('takes what docs/policy.md tells people to send', async () => {
    const page = readFileSync(path.join(projectRoot, 'docs/policy.md'), 'utf8');
    const body = JSON.parse(
      /simulate.* -d '(?<body>[^']*)'/s.exec(page)!.groups!['body']!,
    ) as object;
    expect((await simulate(body)).status).toBe(200);
  });

  test('answers with a table where plain text is asked for', async () => {
    const answer = await fetch(`${gateway.url}/v1/policies/simulate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/plain' },
      body: JSON.stringify({ agent: 'refund-desk', policy: closed, calls: [refund(100)] }),
    });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toMatch(
      /^1 of 1 call would change: 1 newly denied\.\n[^]*\n\* {2}issue_refund .* deny \(closed\)/,
    );
  });
});

describe('simulating on history', () => {
  const judged: RunId[] = [];
  beforeAll(async () => {
    await registerDesk(gateway.test.database, 'history-desk', () => ({}));
    for (const amountCents of [100, 9_000, 60_000]) {
      judged.push((await judgedRun('history-desk', amountCents)).runId);
    }
  });
  const onHistory = (body: object) => simulate({ agent: 'history-desk', last: 1_000, ...body });

  test('changes nothing under the policy that it was recorded under', async () => {
    const { body } = await onHistory({});
    expect(body.summary).toMatchObject({ calls: 3, changed: 0, skipped: 0 });
    expect(body.data.map(({ runId }) => runId)).toEqual(judged.toReversed());
    expect(body.data[0]).toMatchObject({
      callId: expect.stringMatching(/^call_/),
      title: 'a refund',
      before: { verdict: 'ask', rule: 'refund-large', approvers: ['finance'], quorum: 2 },
    });
  });

  test('says which of the last calls another policy would have judged otherwise', async () => {
    const policy = '- { id: open, when: args.amountCents < 10000, decision: allow, reason: r }';
    const { body } = await onHistory({ policy, last: 2 });
    expect(body.summary).toMatchObject({ calls: 2, changed: 2, newlyAllowed: 1, quorumChanged: 1 });
    expect(body.data.map(({ after }) => after.rule)).toEqual(['default-effect', 'open']);
  });

  test('judges a call by the arguments that its model gave, whatever people made of them', async () => {
    await registerDesk(gateway.test.database, 'edited-desk', () => ({}));
    const { planned } = await judgedRun('edited-desk', 9_000);
    const { approvalId } = planned.approval!;
    const { argsDigest } = (await findApproval(gateway.test.database, 'default', approvalId))!;
    const { args } = refund(100);
    await vote(gateway.test.database, approvalId, 'ana', 'edit', { argsDigest, args });
    const { body } = await simulate({ agent: 'edited-desk', last: 10 });
    expect(body.data).toMatchObject([
      {
        argsDigest: digestOf(refund(9_000).args),
        before: { rule: 'refund-medium' },
        changed: false,
      },
    ]);
  });

  test('takes a call that was made under a standing grant as one that its rule asked about', async () => {
    await registerDesk(gateway.test.database, 'granted-desk', () => ({}));
    const { planned } = await judgedRun('granted-desk', 9_000);
    await gateway.test.database.pool.query(
      `UPDATE call SET verdict = 'allow', grant_id = 'grt_1' WHERE id = $1`,
      [planned.callId],
    );
    const { body } = await simulate({ agent: 'granted-desk', last: 10 });
    expect(body.data).toMatchObject([
      { before: { verdict: 'ask', rule: 'refund-medium' }, changed: false },
    ]);
  });

  test('skips what no rule ever judged, and counts it', async () => {
    await registerDesk(gateway.test.database, 'refusing-desk', () => ({}));
    const { database } = gateway.test;
    await planInRun(database, await queueRun(database, 'refusing-desk'), { ruleInputs: null });
    const { body } = await simulate({ agent: 'refusing-desk', last: 10 });
    expect(body).toMatchObject({ data: [], summary: { calls: 0, skipped: 1 } });
  });

  test('keeps what the past was judged by, also after the agent has another policy', async () => {
    await registerDesk(gateway.test.database, 'changing-desk', () => ({}));
    await judgedRun('changing-desk', 60_000);
    await registerDesk(gateway.test.database, 'changing-desk', ({ policy }) => ({
      policy: policy.map((rule) => ({ ...rule, approvers: ['board'], quorum: 1 })),
    }));
    const { body } = await simulate({ agent: 'changing-desk', last: 10 });
    expect(body.data).toMatchObject([
      {
        before: { approvers: ['finance'], quorum: 2 },
        after: { approvers: ['board'], quorum: 1 },
        changes: ['approvers', 'quorum'],
      },
    ]);
  });
});

describe('a condition that takes for ever', () => {
  const list = Array.from({ length: 3_000 }, (_, at) => at);
  const loop = 'args.list.all(a, args.list.all(b, args.list.all(c, a + b + c >= 0)))';
  const text = JSON.stringify([{ id: 'loop', when: loop, decision: 'deny', reason: 'r' }]);
  const version = digestOf('version');
  const call = {
    shown: { tool: 'issue_refund', argsDigest: digestOf(list) },
    version,
    inputs: {
      tool: { name: 'issue_refund', effect: 'keyed' as const },
      run: {
        id: 'run_1',
        agent: 'a',
        requester: 'otto',
        turn: 1,
        spentMicrosUsd: 0,
        tainted: false,
      },
      tenant: { id: 'default' },
      time: { date: '2026-11-28', hour: 12, minute: 0, weekday: 6 },
    },
    args: { list },
    recorded: null,
    isRefused: false,
  };
  const request = { policies: {}, current: version, text, calls: [call], skipped: 0 };

  test('ends with its simulation, and holds up nobody else meanwhile', async () => {
    const ended = [1, 2].map(() => runSimulation(request, 5_000).catch((error: unknown) => error));
    expect(await simulate({ calls: [refund(1)] })).toMatchObject({
      status: 429,
      body: { code: 'simulations-busy' },
    });
    expect(await gateway.as('vera').call('GET', '/v1/agents')).toMatchObject({ status: 200 });
    for (const error of await Promise.all(ended)) {
      expect(error).toMatchObject({ code: 'simulation-too-long' });
    }
    expect((await simulate({ calls: [refund(1)] })).status).toBe(200);
  });
});
