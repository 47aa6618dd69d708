/** Two gateways and two workers, as docker-compose.yml runs them, behave as one. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import type { RunView } from '../../contracts/run.js';
import { invariant } from '../../runtime/belay-error.js';
import { readStream, type Frame } from '../server/read-stream.js';
import type { Api } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import { refundsOf } from '../support/story.js';
import { openDemoShop, prepareProduction, type Production } from './production.js';

let production: Production;
/** The operator and an approver on each gateway. */
let operators: readonly [Api, Api];
let approvers: readonly [Api, Api];
let operatorKey = '';

beforeAll(async () => {
  production = await prepareProduction();
});
afterAll(() => production.close());

/** Everything that the steps leave behind. */
const madeBySteps = async () => [
  await production.query('SELECT rolname, rolpassword FROM pg_authid ORDER BY 1'),
  await production.query('SELECT * FROM _prisma_migrations ORDER BY id', 'belay'),
  await production.query('SELECT * FROM agent ORDER BY name', 'belay'),
  await production.query('SELECT * FROM agent_version ORDER BY digest', 'belay'),
];

const addPrincipal = ['node', 'dist/server/add-principal.js'];

async function newKey(...words: readonly string[]): Promise<string> {
  const { code, output } = await production.step('gateway', [...addPrincipal, ...words]);
  const key = /^belay_\S+$/m.exec(output)?.[0];
  invariant(code === 0 && key !== undefined, `a key was made: ${output}`);
  return key;
}

describe('the steps of the compose file', () => {
  it('make an empty database ready as its owner, and a second time change nothing', async () => {
    for (const name of ['migrate', 'register']) {
      expect(await production.step(name)).toMatchObject({ code: 0 });
    }
    const made = await madeBySteps();
    for (const name of ['migrate', 'register']) {
      expect(await production.step(name)).toMatchObject({ code: 0 });
    }
    expect(await madeBySteps()).toEqual(made);
    expect(made[2]).toMatchObject([{ name: 'analyst' }, { name: 'refund-desk' }]);
  });

  it('make the gateways’ key, for its owner alone, and a second time keep it', async () => {
    const made = await production.step('signing-key');
    expect(made).toMatchObject({ code: 0, output: expect.stringMatching(/^\{"[0-9a-f]{16}":/m) });
    expect(await production.step('signing-key')).toEqual(made);
  });

  it('make a login for gateway and worker that owns nothing and cannot mend what is written once', async () => {
    const owned = await production.query(
      `SELECT relname FROM pg_class WHERE relowner = 'belay'::regrole`,
      'belay',
    );
    expect(owned).toEqual([]);
    const mend = (sql: string) => production.query(`SET ROLE belay; ${sql}`, 'belay');
    await expect(mend(`UPDATE event SET type = 'x'`)).rejects.toThrow('permission denied');
    await expect(mend('CREATE TABLE mine (id int)')).rejects.toThrow('permission denied');
    await expect(mend('SELECT * FROM _prisma_migrations')).rejects.toThrow('permission denied');
  });

  it('make a login for queries, which reads the shop once that is there and migrate ran again', async () => {
    const read = (table: string) =>
      production.query(`SET ROLE belay_reader; SELECT 1 FROM ${table} LIMIT 1`, 'belay');
    await expect(read('run')).rejects.toThrow('permission denied for table run');
    await production.query(
      'SET ROLE belay_owner; CREATE SCHEMA shop; CREATE TABLE shop.a ()',
      'belay',
    );
    await expect(read('shop.a')).rejects.toThrow('permission denied for schema shop');
    expect(await production.step('migrate')).toMatchObject({ code: 0 });
    await read('shop.a');
    await expect(read('run')).rejects.toThrow('permission denied for table run');
    const role = await production.query(
      `SELECT rolsuper, rolcreaterole, rolconnlimit FROM pg_roles WHERE rolname = 'belay_reader'`,
    );
    expect(role).toEqual([{ rolsuper: false, rolcreaterole: false, rolconnlimit: 20 }]);
    await production.query('DROP SCHEMA shop CASCADE', 'belay');
  });

  it('a principal is made by one command; a role that does not exist is refused', async () => {
    const wrong = await production.step('gateway', [...addPrincipal, 'eve', 'root']);
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('viewer, operator') });
    const [otto, ana, ben] = [
      await newKey('otto', 'operator'),
      await newKey('ana', 'approver', '--label', 'finance'),
      await newKey('ben', 'approver'),
    ];
    operatorKey = otto;
    const [first, second] = production.gateways;
    operators = [first.api.as(otto), second.api.as(otto)];
    approvers = [first.api.as(ana), second.api.as(ben)];
  });
});

describe('gateways and workers', () => {
  it('start, and the health checks of the compose file are content', async () => {
    await openDemoShop(production);
    const all = [...production.gateways, ...production.workers];
    expect(await all[0]!.isHealthy()).toBe(false);
    await Promise.all(all.map((each) => each.start()));
    await Promise.all(all.map((each) => eventually('it is ready', each.isReady, 90_000)));
    for (const each of all) expect(await each.isHealthy()).toBe(true);
  });

  it('a worker that does not reach Temporal lives and is not healthy, and one told so stops', async () => {
    const lonely = await production.member('worker', { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    await lonely.start();
    await eventually('it lives', async () => {
      const answer = await fetch(`${lonely.url}/livez`).catch(() => null);
      return answer?.status === 200;
    });
    expect(await (await fetch(`${lonely.url}/readyz`)).json()).toEqual({ status: 'connecting' });
    expect(await lonely.isHealthy()).toBe(false);
    await lonely.kill('SIGTERM');
    expect(lonely.log()).toContain('Stopped');
  });

  it('nobody is served without a key, not even from the same machine', async () => {
    for (const { api } of production.gateways) {
      expect(await api.call('GET', '/v1/runs')).toMatchObject({ status: 401 });
      const post = await api.call('POST', '/v1/runs', {
        agent: 'refund-desk',
        input: { message: 'x' },
      });
      expect(post).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    }
  });

  it('one key posted to both at once, again and again, is one run', async () => {
    const post = (api: Api, order: string) => postUntilTaken(api, `Refund order ${order}`, order);
    const keys = ['1111', '1112', '1113', '1114'];
    const runs = await Promise.all(
      keys.flatMap((key) => [...operators, ...operators].map((api) => post(api, key))),
    );
    const ids = new Set(runs.map(({ id }) => id));
    expect(ids.size).toBe(keys.length);
    const rows = await production.query(`SELECT count(*)::int AS count FROM run`, 'belay');
    expect(rows).toEqual([{ count: keys.length }]);
    await Promise.all([...ids].map((id) => operators[0].until(id, 'ended')));
    for (const order of keys) {
      expect(await refundsOf(production, `ch_${order}`)).toHaveLength(1);
    }
  });

  it('of decisions raced through both, one is taken and everyone else hears whose', async () => {
    const run = await operators[0].start('Refund order 7301');
    const [approval] = await operators[1].untilAsked(run.id);
    const answers = await Promise.all(
      [0, 1, 2].flatMap(() => approvers.map((api) => api.decide(approval!, 'approve'))),
    );
    const taken = answers.filter(({ status }) => status === 200);
    const late = answers.filter(({ status }) => status === 409);
    expect([taken.length, late.length]).toEqual([1, 5]);
    const { body } = taken[0]!;
    const [decision] = body['decisions'] as readonly { by: string }[];
    for (const { body: refusal } of late) {
      expect(refusal).toMatchObject({ code: 'approval-decided', decidedBy: decision?.by });
    }
    expect((await operators[1].until(run.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(production, 'ch_7301')).toHaveLength(1);
  });
});

/** Posts as a careful client does: a gateway that is busy says 503, and the key makes the next try safe. */
async function postUntilTaken(api: Api, message: string, key: string): Promise<RunView> {
  const body = { agent: 'refund-desk', input: { message } };
  for (;;) {
    const answer = await api.call<RunView>('POST', '/v1/runs', body, { 'idempotency-key': key });
    if (answer.status === 202) return answer.body;
    if (answer.status !== 503) throw new Error(`POST /v1/runs answered ${answer.status}`);
    await wait(100);
  }
}

/** Follows a run on one gateway to its end, from where it was whenever the gateway goes away. */
async function follow(api: Api, key: string, runId: string, frames: Frame[]): Promise<void> {
  const url = `${api.url}/v1/runs/${runId}/events`;
  const headers = { authorization: `Bearer ${key}` };
  for (;;) {
    const after = frames.at(-1)?.id ?? null;
    const part = await readStream(
      url,
      after === null ? null : Number(after),
      Infinity,
      // What is written meanwhile has no number.
      ({ id, ...frame }) => frame.event !== 'end' && id !== null && frames.push({ id, ...frame }),
      headers,
    ).catch(() => null);
    if (part?.isEnded) return;
    await wait(50);
  }
}

describe('while one gateway and one worker are killed', () => {
  it('no event is lost on either stream, no start is doubled, and each refund is made once', async () => {
    const orders = Array.from(
      { length: 12 },
      (_, index) => (index % 3 === 0 ? 6_000 : 1_200) + index,
    );
    const [steady, killed] = production.gateways;
    const followed: { readonly run: RunView; readonly streams: readonly [Frame[], Frame[]] }[] = [];
    const following: Promise<unknown>[] = [];
    const post = async (order: number) => {
      const api = operators[killed.running && order % 2 === 0 ? 1 : 0];
      const run = await postUntilTaken(api, `Refund order ${order}`, `order-${order}`);
      const streams: readonly [Frame[], Frame[]] = [[], []];
      followed.push({ run, streams });
      following.push(
        follow(steady.api, operatorKey, run.id, streams[0]),
        follow(killed.api, operatorKey, run.id, streams[1]),
      );
    };
    const approving = keepApproving();
    for (const order of orders.slice(0, 6)) await post(order);
    await eventually('the streams of both flow', async () =>
      followed.every(({ streams }) => streams.every((frames) => frames.length > 0)),
    );
    await Promise.all([killed.kill('SIGKILL'), production.workers[0].kill('SIGKILL')]);
    for (const order of orders.slice(6)) await post(order);
    await killed.start();
    await Promise.all(following);
    await approving.stop();
    expect(production.workers[0].running).toBe(false);

    for (const [index, { run, streams }] of followed.entries()) {
      const told = await operators[0].events(run.id);
      expect(told.at(-1)?.type).toBe('run-completed');
      for (const frames of streams) {
        expect(frames.map(({ id }) => Number(id))).toEqual(told.map((_, at) => at + 1));
        expect(frames.map(({ event }) => event)).toEqual(told.map(({ type }) => type));
      }
      const refunds = await refundsOf(production, `ch_${orders[index]}`);
      expect(refunds.map(({ refund }) => refund.amount)).toEqual([orders[index]]);
    }
    await expectOneStartEach(followed.map(({ run }) => run.id));
  });
});

/** Each run has one workflow, of one start; its row in the outbox is done; nothing was refused. */
async function expectOneStartEach(runIds: readonly string[]): Promise<void> {
  const rows = await production.query(
    `SELECT state, refusals, count(*)::int AS count FROM outbox WHERE kind = 'start' GROUP BY 1, 2`,
    'belay',
  );
  expect(rows).toMatchObject([{ state: 'done', refusals: 0 }]);
  const connection = await Connection.connect({ address: testServers().temporalAddress });
  const query = `WorkflowId IN (${runIds.map((id) => `'${id}'`).join(', ')}) AND BelayAgent = 'refund-desk'`;
  let count = 0;
  await eventually('each is found by its attribute', async () => {
    const answer = await connection.workflowService.countWorkflowExecutions({
      namespace: production.namespace,
      query,
    });
    count = Number(answer.count);
    return count >= runIds.length;
  });
  await connection.close();
  expect(count).toBe(runIds.length);
}

/** Approves whatever is asked, through both gateways at once. */
function keepApproving() {
  const stopping = new AbortController();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const asked = await approvers[0].call<{ data: Parameters<Api['decide']>[0][] }>(
        'GET',
        '/v1/approvals?status=pending',
      );
      const answers = asked.body.data.flatMap((approval) =>
        approvers.map((api) => api.decide(approval, 'approve').catch(() => null)),
      );
      await Promise.all(answers);
      await wait(50);
    }
  };
  const running = loop();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
