/** Starting a run: the version is pinned, one commit, 202. Nothing waits for the engine or a worker. */
import { z } from 'zod';
import type { RunId } from '../../contracts/ids.js';
import { requestProblems, runTags } from '../../contracts/limits.js';
import { checkArguments } from '../../policy/arguments.js';
import { BelayError } from '../../runtime/belay-error.js';
import { newRunId } from '../../runtime/ids.js';
import { findCurrentVersion, listAgents, type CurrentVersion } from '../../store/agents.js';
import { findKeptAnswer, type KeptAnswer } from '../../store/idempotency.js';
import { createRun } from '../../store/runs.js';
import type { Call, GatewayDependencies, GatewayResponse } from '../dependencies.js';
import { keyClaimOf, parseRequest, pointerOf } from '../parse.js';
import type { FieldProblem } from '../problem.js';
import { markReplay } from '../reply.js';
import { runView } from '../views.js';

const body = z.strictObject({
  agent: z.string().min(1).max(100),
  input: z.custom<unknown>((value) => value !== undefined, 'is required'),
  budget: z.record(z.string(), z.unknown()).nullable().default(null),
  tags: z.array(z.string().min(1).max(runTags.characters)).max(runTags.count).default([]),
});
type NewRunBody = z.output<typeof body>;

/** `POST /v1/runs` */
export async function startRun(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const key = keyClaimOf(call, 'POST /v1/runs', request.body);
  const fresh = parseRequest(body, request.body);
  const pinned = await pinVersion(gateway, call, fresh);
  if (pinned instanceof BelayError) {
    // The agent may have changed since this very request was accepted.
    const kept = key === null ? null : await findKeptAnswer(gateway.database, key);
    if (kept === null) throw pinned;
    return reply(response, kept, true);
  }
  const run = {
    tenantId: principal.tenantId,
    runId: newRunId(),
    agent: pinned.spec.name,
    agentVersion: pinned.digest,
    input: fresh.input,
    requestedBy: principal.id,
    tags: fresh.tags,
    budget: fresh.budget,
    createdAt: pinned.readAt,
  };
  const { answer, replayed } = await createRun(gateway.database, run, key, (record) => ({
    status: 202,
    body: JSON.stringify(runView(gateway, record)),
  }));
  gateway.passPoint('run-created');
  reply(response, answer, replayed);
  gateway.wakeOutbox();
}

function reply(response: GatewayResponse, answer: KeptAnswer, replayed: boolean): void {
  markReplay(response, replayed);
  const { id } = JSON.parse(answer.body) as { id: RunId };
  response.status(answer.status).location(`/v1/runs/${id}`).type('json').send(answer.body);
}

/** The agent's current version, or why the run can't be started with it. */
async function pinVersion(
  { database }: GatewayDependencies,
  { principal }: Call,
  fresh: NewRunBody,
): Promise<CurrentVersion | BelayError> {
  const version = await findCurrentVersion(database, principal.tenantId, fresh.agent);
  if (version === null) {
    const known = (await listAgents(database, principal.tenantId)).map(
      ({ current }) => current.spec.name,
    );
    const detail = `The agents here are: ${known.join(', ') || 'none yet'}.`;
    const errors = [{ pointer: '/agent', detail: 'is not registered' }];
    return new BelayError('unknown-agent', { detail, extra: { errors, agents: known } });
  }
  const problems = checkArguments(version.spec.inputSchema, fresh.input);
  if (problems.length === 0) return version;
  const errors = problems.slice(0, requestProblems).map(inputProblem);
  return new BelayError('invalid-request', { extra: { errors } });
}

/** `message: must be string` as a pointer into the body; `arguments` is the whole input. */
function inputProblem(problem: string): FieldProblem {
  const end = problem.indexOf(': ');
  const place = problem.slice(0, end);
  const path = place === 'arguments' ? [] : place.split('.');
  return { pointer: pointerOf(['input', ...path]), detail: problem.slice(end + 2) };
}
