/** Whoever writes to Postgres between a decision and its execution makes nothing happen (P4). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { AgentSpec } from '../../contracts/agent.js';
import type { ApprovalView } from '../../contracts/approval.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { newPrivateKey } from '../../runtime/signing.js';
import { findCurrentVersion } from '../../store/agents.js';
import { registerDesk } from '../support/agents.js';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import { trusting } from '../support/signing-keys.js';
import { refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
let owner: Client;
beforeAll(async () => {
  stack = await startStack();
  owner = new Client({ connectionString: stack.test.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await stack.close();
});

const as = (who: string) => stack.api.as(testServers().keys[who] ?? '');
const approve = (who: string, { id, argsDigest }: ApprovalView) =>
  as(who).call('POST', `/v1/approvals/${id}/decisions`, { decision: 'approve', argsDigest });
let lastOrder = 6_000;

interface Asked {
  readonly runId: string;
  readonly order: number;
  readonly approval: ApprovalView;
}
/** A question of a fresh order between 60 and 90 EUR, which one person may answer. */
async function ask(agent = 'refund-desk'): Promise<Asked> {
  const order = (lastOrder += 1);
  const run = await stack.api.start(`Refund order ${order}, it is broken`, {}, agent);
  const [approval] = await stack.api.untilAsked(run.id);
  await eventually('what it will do is known', async () => {
    const [now] = await stack.api.pending(run.id);
    return now !== undefined && now.preview.state !== 'pending';
  });
  return { runId: run.id, order, approval: approval! };
}

const otherArgs = ({ approval }: Asked) => {
  const args = { ...(approval.args as object), amountCents: 1 };
  return { text: canonicalJson(args), digest: digestOf(args) };
};

/** What is changed in Postgres after the decision, and what the alarm names. */
const swaps: readonly [string, (asked: Asked) => readonly [string, unknown[]][], RegExp][] = [
  [
    'the arguments',
    (asked) => [
      ['UPDATE call SET args = $2 WHERE run_id = $1', [asked.runId, otherArgs(asked).text]],
    ],
    /arguments: they do not fit/,
  ],
  [
    'the arguments with all their digests',
    (asked) => [
      [
        'UPDATE call SET args = $2, args_digest = $3 WHERE run_id = $1',
        [asked.runId, otherArgs(asked).text, otherArgs(asked).digest],
      ],
      [
        'UPDATE approval SET args = $2, args_digest = $3, original_args_digest = $3 WHERE run_id = $1',
        [asked.runId, otherArgs(asked).text, otherArgs(asked).digest],
      ],
      [
        'UPDATE decision SET args_digest = $2, seen_digest = $2 WHERE approval_id = $1',
        [asked.approval.id, otherArgs(asked).digest],
      ],
    ],
    /vote of ana.*arguments: nobody planned or signed these/,
  ],
  [
    'the author of the vote',
    ({ approval }) => [[`UPDATE decision SET by = 'ben' WHERE approval_id = $1`, [approval.id]]],
    /vote of ben/,
  ],
  [
    'the vote itself, taken away',
    ({ approval }) => [['DELETE FROM decision WHERE approval_id = $1', [approval.id]]],
    /verdict: approved without the votes/,
  ],
  [
    'the approvers of the question',
    ({ approval }) => [[`UPDATE approval SET approvers = '{anyone}' WHERE id = $1`, [approval.id]]],
    /approvers: not those of the rule/,
  ],
  [
    'who asked for the run',
    ({ runId }) => [[`UPDATE run SET requested_by = 'mallory' WHERE id = $1`, [runId]]],
    /requester: another person/,
  ],
];

async function expectAlarm({ runId, order }: Asked, finding: RegExp): Promise<void> {
  const done = await stack.api.until(runId, 'ended');
  expect(done.status).toBe('completed');
  expect(await refundsOf(stack, `ch_${order}`)).toEqual([]);
  const events = await stack.api.events(runId);
  const alarm = events.find(({ type }) => type === 'tampering-found');
  const { findings } = (alarm?.data ?? { findings: [] }) as { findings: readonly string[] };
  expect(findings.join('; ')).toMatch(finding);
  const calls = await stack.api.calls(runId);
  expect(calls.find(({ tool }) => tool === 'issue_refund')).toMatchObject({ outcome: 'tampered' });
  expect(stack.worker.log()).toContain('Tampering found');
}

/** Ana approves while no worker runs; then the rows are changed, and a worker comes back. */
async function decideThen(
  asked: Asked,
  change: () => Promise<unknown>,
  worker: Readonly<Record<string, string>> = {},
): Promise<void> {
  await stack.worker.kill();
  expect((await approve('ana', asked.approval)).status).toBe(200);
  await change();
  await stack.worker.start(worker);
}

describe('after a decision, what is changed in Postgres', () => {
  it.each(swaps)('%s: nothing is sent, and the alarm names it', async (_what, swap, finding) => {
    const asked = await ask();
    await decideThen(asked, async () => {
      for (const [sql, values] of swap(asked)) await owner.query(sql, values);
    });
    await expectAlarm(asked, finding);
  });

  it('the text of the policy: nothing is sent, and the alarm names it', async () => {
    await registerDesk(stack.test.database, 'tampered-desk', () => ({}));
    const desk = await findCurrentVersion(stack.test.database, 'default', 'tampered-desk');
    if (desk === null) throw new Error('It was registered');
    const asked = await ask('tampered-desk');
    const open: AgentSpec = {
      ...desk.spec,
      policy: desk.spec.policy.map((rule) => ({ ...rule, decision: 'allow' })),
    };
    await decideThen(asked, () =>
      owner.query('UPDATE agent_version SET spec = $2 WHERE digest = $1', [
        desk.digest,
        canonicalJson(open),
      ]),
    );
    await expectAlarm(asked, /policy: its text does not fit/);
  });

  it('everything at once: nothing is sent', async () => {
    const asked = await ask();
    await decideThen(asked, async () => {
      for (const [, swap] of swaps.slice(0, 3)) {
        for (const [sql, values] of swap(asked)) await owner.query(sql, values);
      }
    });
    await expectAlarm(asked, /vote of/);
  });
});

describe('keys', () => {
  it('of a second gateway count like those of the first, once the worker trusts it', async () => {
    const key = newPrivateKey();
    const second = await stack.secondGateway(key);
    const asked = await ask();
    await stack.worker.kill();
    const { id, argsDigest } = asked.approval;
    const by = second.api.as(testServers().keys['ben'] ?? '');
    const body = { decision: 'approve', argsDigest };
    expect((await by.call('POST', `/v1/approvals/${id}/decisions`, body)).status).toBe(200);
    await stack.worker.start(trusting(testServers().signingKey, key));
    const done = await stack.api.until(asked.runId, 'ended');
    expect(done.status).toBe('completed');
    expect(await refundsOf(stack, `ch_${asked.order}`)).toHaveLength(1);
  });

  it('that are trusted no more void their votes: people are asked anew', async () => {
    const asked = await ask();
    await decideThen(asked, async () => undefined, trusting(newPrivateKey()));
    const [again] = await stack.api.untilAsked(asked.runId);
    expect(again!.id).not.toBe(asked.approval.id);
    expect(await refundsOf(stack, `ch_${asked.order}`)).toEqual([]);
    await stack.worker.kill();
    await stack.worker.start();
    await eventually('it can be decided', async () => {
      const { status } = await approve('ben', again!);
      return status === 200;
    });
    await stack.api.until(asked.runId, 'ended');
    expect(await refundsOf(stack, `ch_${asked.order}`)).toHaveLength(1);
  });
});
