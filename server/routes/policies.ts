/** Policies: tried on calls before they are used. Nothing is written. */
import { z } from 'zod';
import type { PolicyRule } from '../../contracts/agent.js';
import { effectClasses } from '../../contracts/effect.js';
import type { Digest } from '../../contracts/ids.js';
import { requestProblems, simulationLimits } from '../../contracts/limits.js';
import { checkArguments } from '../../policy/arguments.js';
import { ruleInputsOf, type RuleInputs } from '../../policy/inputs.js';
import type { CallToSimulate, SimulationRequest } from '../../policy/simulate.js';
import { BelayError } from '../../runtime/belay-error.js';
import { digestOf } from '../../runtime/digest.js';
import { newRunId } from '../../runtime/ids.js';
import { findCurrentVersion, findVersion, type CurrentVersion } from '../../store/agents.js';
import { listJudgedCalls, type JudgedCallRow } from '../../store/judged-calls.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { parseRequest } from '../parse.js';
import { runSimulation } from '../run-simulation.js';
import { simulationTable } from '../simulation-table.js';

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const givenCall = z.strictObject({
  tool: z.string().min(1).max(100),
  args: z.unknown(),
  /** Where the class of the tool depends on its arguments. */
  effect: z.enum(effectClasses).optional(),
  run: z
    .strictObject({
      turn: count.default(1),
      spentMicrosUsd: count.default(0),
      tainted: z.boolean().default(false),
      requester: z.string().min(1).max(100).optional(),
    })
    .prefault({}),
  time: z.iso.datetime({ offset: true }).optional(),
});
type GivenCall = z.output<typeof givenCall>;

const body = z
  .strictObject({
    agent: z.string().min(1).max(100),
    policy: z.string().max(simulationLimits.policyCharacters).nullable().default(null),
    calls: z.array(givenCall).min(1).max(simulationLimits.givenCalls).optional(),
    last: z.int().min(1).max(simulationLimits.lastCalls).optional(),
  })
  .refine(({ calls, last }) => (calls === undefined) !== (last === undefined), {
    path: ['calls'],
    message: 'or last is required, and not both: what the policy is tried on',
  });

/** `POST /v1/policies/simulate`: as JSON, or as a table where plain text is asked for. */
export async function simulatePolicy(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const { agent, policy, calls, last } = parseRequest(body, request.body);
  const version = await findCurrentVersion(gateway.database, principal.tenantId, agent);
  if (version === null) throw new BelayError('unknown-agent');
  const tried =
    calls === undefined
      ? await historyOf(gateway, principal.tenantId, version, last ?? 0)
      : given(version, calls, principal);
  const result = await runSimulation({ current: version.digest, text: policy, ...tried });
  if (result.kind === 'unusable') {
    const errors = result.problems
      .slice(0, requestProblems)
      .map((detail) => ({ pointer: '/policy', detail }));
    throw new BelayError('invalid-request', { extra: { errors } });
  }
  const { simulation } = result;
  if (request.accepts(['application/json', 'text/plain']) === 'text/plain') {
    response.type('text/plain').send(simulationTable(simulation));
  } else {
    response.json(simulation);
  }
}

type Tried = Pick<SimulationRequest, 'policies' | 'calls' | 'skipped'>;

/** Calls that are only thought of, in a run that is. */
function given(
  version: CurrentVersion,
  calls: readonly GivenCall[],
  { id, tenantId }: Call['principal'],
): Tried {
  const { digest, spec, readAt } = version;
  const runId = newRunId();
  return {
    policies: { [digest]: spec.policy },
    skipped: 0,
    calls: calls.map(({ tool: name, args = {}, effect, run, time }, index) => {
      const tool = spec.tools.find((each) => each.name === name);
      if (tool === undefined) throw unknownTool(index, name);
      const { turn, spentMicrosUsd, tainted: isTainted, requester: requestedBy = id } = run;
      const judgedRun = { runId, requestedBy, turn, spentMicrosUsd, isTainted, at: time ?? readAt };
      return {
        shown: { tool: name, argsDigest: digestOf(args) },
        version: digest,
        inputs: ruleInputsOf(spec.name, tenantId, judgedRun, {
          name,
          effect: effect ?? tool.effect,
        }),
        args,
        recorded: null,
        isRefused: checkArguments(tool.argsSchema, args).length > 0,
      };
    }),
  };
}

const unknownTool = (index: number, name: string): BelayError =>
  new BelayError('unknown-tool', {
    extra: { errors: [{ pointer: `/calls/${index}/tool`, detail: `The agent has no ${name}` }] },
  });

/** The last calls of an agent, each with the policy that its run was pinned to. */
async function historyOf(
  { database }: GatewayDependencies,
  tenantId: string,
  { digest, spec }: CurrentVersion,
  last: number,
): Promise<Tried> {
  const { argumentBytes } = simulationLimits;
  const rows = await listJudgedCalls(database, { tenantId, agent: spec.name, last, argumentBytes });
  const calls = rows.flatMap(callOf);
  const policies: Record<Digest, readonly PolicyRule[]> = { [digest]: spec.policy };
  for (const { version } of calls) {
    policies[version] ??=
      (await findVersion(database, tenantId, spec.name, version))?.spec.policy ?? [];
  }
  return { policies, calls, skipped: rows.length - calls.length };
}

function callOf(row: JudgedCallRow): CallToSimulate[] {
  const { callId, runId, tool, title, argsDigest, agentVersion, verdict, rule } = row;
  if (row.ruleInputs === null || row.args === null) return [];
  return [
    {
      shown: { callId, runId, title, tool, argsDigest },
      version: agentVersion,
      inputs: JSON.parse(row.ruleInputs) as RuleInputs,
      args: JSON.parse(row.args) as unknown,
      recorded: { verdict, rule },
      isRefused: false,
    },
  ];
}
