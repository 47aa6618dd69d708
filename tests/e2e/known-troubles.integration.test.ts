/**
 * What people reported of approvals in other systems, tried here. Each test names its threads:
 * `owner/name#n` is github.com/owner/name/issues/n.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApprovalView } from '../../contracts/approval.js';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import { refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

type Problem = Readonly<Record<string, unknown>>;
const as = (who: string) => stack.api.as(testServers().keys[who] ?? '');
const decide = (who: string, { id }: Pick<ApprovalView, 'id'>, body: unknown) =>
  as(who).call<ApprovalView & Problem>('POST', `/v1/approvals/${id}/decisions`, body);
const approve = (who: string, approval: ApprovalView) =>
  decide(who, approval, { decision: 'approve', argsDigest: approval.argsDigest });
/** The questions of a run, once what they will do is known. */
async function asked(message: string, count = 1): Promise<readonly ApprovalView[]> {
  const run = await as('otto').start(message);
  await stack.api.untilAsked(run.id, count);
  await eventually('what it will do is known', async () => {
    const pending = await stack.api.pending(run.id);
    return pending.every(({ preview }) => preview.state !== 'pending');
  });
  return stack.api.pending(run.id);
}
const refundTo = (charge: string) => refundsOf(stack, charge);
const until = (approval: ApprovalView) => stack.api.until(approval.runId, 'ended');

describe('two questions of one turn', () => {
  // langchain-ai/langgraph#6533, #7780, langchain-ai/langgraphjs#1298, mastra-ai/mastra#20322, #9288,
  // #4132; extra-org/extra#139: approved A, executed B.
  it('are answered in any order, and each answer lands with its own', async () => {
    const questions = await asked('Refund orders 6100 and 6200, both arrived broken', 2);
    const of = (order: string) =>
      questions.find(({ args }) => (args as { orderId: string }).orderId === order)!;
    expect((await decide('ana', of('6100'), { decision: 'reject' })).status).toBe(200);
    expect((await approve('ben', of('6200'))).status).toBe(200);
    await until(of('6100'));
    expect([await refundTo('ch_6100'), (await refundTo('ch_6200')).length]).toEqual([[], 1]);
  });

  // rancher/rancher-ai-agent#136, inngest/agent-kit#196, LibreChat-AI/agents#294,
  // mattermost/mattermost-plugin-agents#908: tools of a batch run again when one is approved.
  it('are carried out once each, whatever waits beside them', async () => {
    const questions = await asked('Refund orders 6300 and 6400 and 1301, all arrived broken', 2);
    expect(await refundTo('ch_1301')).toHaveLength(1);
    for (const question of questions) await approve('ana', question);
    await until(questions[0]!);
    const counts = await Promise.all(['ch_6300', 'ch_6400', 'ch_1301'].map(refundTo));
    expect(counts.map(({ length }) => length)).toEqual([1, 1, 1]);
  });
});

describe('an approval', () => {
  // vercel/ai#15987, #15947, #16068, #19979: rebuilt from what the client says.
  it('is nothing that a caller can bring along', async () => {
    const [question] = await asked('Refund order 6500, it arrived broken');
    const forged = { decision: 'approve', argsDigest: question!.argsDigest, by: 'ana' };
    const refused = await decide('ben', question!, forged);
    expect([refused.status, refused.body['code']]).toEqual([422, 'invalid-request']);
    expect((await approve('otto', question!)).status).toBe(403);
    expect(await refundTo('ch_6500')).toEqual([]);
    await decide('ana', question!, { decision: 'reject' });
  });

  // Growth-Circle/cadis#1190, #1172: any client may approve any call.
  it('is given by approvers alone', async () => {
    const [question] = await asked('Refund order 6600, it arrived broken');
    for (const who of ['vera', 'adam', 'audrey']) {
      expect((await approve(who, question!)).status).toBe(403);
    }
    await decide('ana', question!, { decision: 'reject' });
  });

  // activepieces/activepieces#14024, #14252, #6671: mail scanners and previews press the link.
  it('is never given by looking at a link', async () => {
    const [question] = await asked('Refund order 6700, it arrived broken');
    for (const method of ['GET', 'HEAD']) {
      const answer = await fetch(`${stack.gatewayUrl}/v1/approvals/${question!.id}/decisions`, {
        method,
        headers: { authorization: `Bearer ${testServers().keys['ana']}` },
      });
      expect(answer.status).toBe(405);
    }
    expect(await stack.api.pending(question!.runId)).toHaveLength(1);
    await decide('ana', question!, { decision: 'reject' });
  });

  // dust-tt/dust#24150, #19128, #27212, #27214, #32651: it outlives its run.
  it('ends with its run, and a late one is told so', async () => {
    const [question] = await asked('Refund order 6800, it arrived broken');
    await as('otto').call('POST', `/v1/runs/${question!.runId}/cancel`, {});
    const late = await approve('ana', question!);
    expect([late.status, late.body['currentStatus']]).toEqual([409, 'cancelled']);
    expect((await until(question!)).status).toBe('cancelled');
    expect(await refundTo('ch_6800')).toEqual([]);
  });

  // pydantic/pydantic-ai#6580, temporal-community/temporal-ai-agent#49: which workflow is it for?
  it('needs its own id and nothing else, at whichever gateway', async () => {
    const [question] = await asked('Refund order 6900, it arrived broken');
    const second = await stack.secondGateway(testServers().signingKey);
    const body = { decision: 'approve', argsDigest: question!.argsDigest };
    const by = second.api.as(testServers().keys['ana'] ?? '');
    const answer = await by.call('POST', `/v1/approvals/${question!.id}/decisions`, body);
    expect(answer.status).toBe(200);
    await until(question!);
    expect(await refundTo('ch_6900')).toHaveLength(1);
  });

  // czpython/druks#619: approved, unconsumed, and the run looks healthy.
  it('that nobody takes up is seen to wait for a worker', async () => {
    const [question] = await asked('Refund order 7000, it arrived broken');
    await stack.worker.kill();
    await approve('ana', question!);
    const { status, waitingFor } = await stack.api.run(question!.runId);
    expect([status, waitingFor]).toMatchObject([
      'waiting',
      [{ kind: 'dependency', who: 'worker' }],
    ]);
    await stack.worker.start();
    await stack.api.until(question!.runId, 'ended');
    expect(await refundTo('ch_7000')).toHaveLength(1);
  });
});

describe('an edit', () => {
  // langchain-ai/langchain#40166: an edit to another tool skips that tool's policy.
  it('changes arguments, and never the tool', async () => {
    const [question] = await asked('Refund order 7100, it arrived broken');
    const { argsDigest, args } = question!;
    const body = { decision: 'edit', argsDigest, args, tool: 'send_email' };
    const answer = await decide('ana', question!, body);
    expect([answer.status, answer.body['code']]).toEqual([422, 'invalid-request']);
    await decide('ana', question!, { decision: 'reject' });
  });

  // langchain-ai/langchain#33787, #32988: the model goes on as if nothing had been changed.
  it('is told to the model, which answers with what was done', async () => {
    const [question] = await asked('Refund order 7200, it arrived broken');
    const { argsDigest } = question!;
    const args = { ...(question!.args as object), amountCents: 6_000 };
    const edited = await decide('ana', question!, { decision: 'edit', argsDigest, args });
    expect(edited.body.status).toBe('approved');
    const done = await until(question!);
    expect(JSON.stringify(done.output)).toContain('60.00');
    expect(await refundTo('ch_7200')).toMatchObject([{ refund: { amount: 6_000 } }]);
  });
});

describe('a rejection', () => {
  // langchain-ai/deepagents#2947, n8n-io/n8n#13144: read as an error, and tried again for ever.
  it('is an answer and no error: the model does not try again', async () => {
    const [question] = await asked('Refund order 7300, it arrived broken');
    await decide('ana', question!, { decision: 'reject', message: 'it was used' });
    const done = await until(question!);
    expect(done.status).toBe('completed');
    expect(JSON.stringify(done.output)).toContain('it was used');
    const calls = await stack.api.calls(question!.runId);
    expect(calls.filter(({ tool }) => tool === 'issue_refund')).toHaveLength(1);
    const { rows } = await stack.test.database.pool.query<{ content: string }>(
      `SELECT content FROM message WHERE run_id = $1 AND role = 'user' ORDER BY seq DESC LIMIT 1`,
      [question!.runId],
    );
    const [result] = JSON.parse(rows[0]!.content) as readonly Problem[];
    expect(result).toMatchObject({ type: 'tool_result' });
    expect(result).not.toHaveProperty('is_error');
  });
});
