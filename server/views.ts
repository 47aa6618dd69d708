/** What only the gateway knows of a thing: its addresses, and what the one who looks may do. */
import type { AgentView } from '../contracts/agent.js';
import type { ApprovalView } from '../contracts/approval.js';
import type { EffectDetail } from '../contracts/effect-detail.js';
import type { RunId } from '../contracts/ids.js';
import type { KillSwitchPage, KillSwitchView } from '../contracts/kill-switch.js';
import { choicesOf } from '../contracts/model-choice.js';
import { holds, type Principal } from '../contracts/principal.js';
import type { ApiKeyView, PrincipalView } from '../contracts/principal-views.js';
import type { RunView } from '../contracts/run.js';
import { mayDecide } from '../policy/may-decide.js';
import { mayResolve, type ResolverVerdict } from '../policy/may-resolve.js';
import type { AgentListing } from '../store/agents.js';
import type { ApprovalRecord } from '../store/approval-views.js';
import type { EffectRecord } from '../store/effect-views.js';
import type { ApiKeyRecord, PrincipalRecord } from '../store/principals.js';
import type { RunRecord } from '../store/runs.js';
import type { SwitchRecord } from '../store/switch-changes.js';
import type { GatewayDependencies } from './dependencies.js';

/** Where a run is found: the id of an unwind has a slash. */
export const runPath = (runId: RunId): string => `/v1/runs/${encodeURIComponent(runId)}`;

/** A run with its links. */
export const runView = (
  { temporalUi }: Pick<GatewayDependencies, 'temporalUi'>,
  run: RunRecord,
): RunView => ({
  ...run,
  links: {
    self: runPath(run.id),
    events: `${runPath(run.id)}/events`,
    console: `/runs/${encodeURIComponent(run.id)}`,
    temporalUi:
      temporalUi === null
        ? null
        : `${temporalUi.url}/namespaces/${temporalUi.namespace}/workflows/${encodeURIComponent(run.id)}`,
  },
});

/** An approval as one principal sees it. */
export function approvalView(principal: Principal, record: ApprovalRecord): ApprovalView {
  const { requesterMayDecide: _rule, requestedBy: _requester, ...approval } = record;
  return {
    ...approval,
    viewer: viewerOf(principal, record),
    links: {
      self: `/v1/approvals/${record.id}`,
      run: runPath(record.runId),
      console: `/approvals/${record.id}`,
      decisions: `/v1/approvals/${record.id}/decisions`,
      withdrawal: `/v1/approvals/${record.id}/withdrawal`,
    },
  };
}

function viewerOf(principal: Principal, record: ApprovalRecord): ApprovalView['viewer'] {
  const { status, executableAt, decisions } = record;
  if (status === 'pending') {
    const verdict = mayDecide(principal, record);
    const hasVoted = decisions.some((each) => each.by === principal.id && each.void !== true);
    return hasVoted && verdict.canDecide
      ? { canDecide: true, canWithdraw: false, why: 'You have voted; you can still say no.' }
      : { ...verdict, canWithdraw: false };
  }
  const isOwn = decisions.some((each) => each.by === principal.id && each.void !== true);
  const canWithdraw = status === 'approved' && executableAt !== null && isOwn;
  return { canDecide: false, canWithdraw, why: `The question is ${status}.` };
}

/** An effect as one principal sees it, with all that its record has. */
export const effectDetail = <Its extends EffectRecord>(
  principal: Principal,
  record: Its,
): Its & Pick<EffectDetail, 'viewer' | 'links'> => ({
  ...record,
  viewer: resolverOf(principal, record),
  links: {
    self: `/v1/effects/${record.key}`,
    run: `/v1/runs/${record.runId}`,
    console: `/effects/${record.key}`,
    resolutions: `/v1/effects/${record.key}/resolutions`,
  },
});

function resolverOf(principal: Principal, { state, resolution }: EffectRecord): ResolverVerdict {
  if (state === 'parked') return mayResolve(principal);
  const why = resolution === null ? `Nobody is asked: it is ${state}.` : 'It has been answered.';
  return { canResolve: false, why };
}

/** An agent without its instructions. */
export function agentView({ current, versions }: AgentListing): AgentView {
  const { name, title, description, models, inputSchema, tools, policy, limits } = current.spec;
  return {
    name,
    title,
    description,
    version: current.digest,
    models: choicesOf(models),
    inputSchema,
    tools,
    policy,
    limits,
    versions: versions.map(({ digest, registeredAt }) => ({ version: digest, registeredAt })),
    links: { self: `/v1/agents/${name}` },
  };
}

/** A kill switch with its links. */
export const switchView = (record: SwitchRecord): KillSwitchView => ({
  ...record,
  links: { lifts: `/v1/kill-switches/${record.id}/lifts` },
});

/** Whether a principal may set and lift kill switches, and why. */
export const setterOf = (principal: Principal): KillSwitchPage['viewer'] =>
  holds(principal, 'switches:set')
    ? { canSet: true, why: 'Operators and admins set and lift kill switches.' }
    : { canSet: false, why: 'Only operators and admins set and lift kill switches.' };

/** A principal with its links. */
export const principalView = (record: PrincipalRecord): PrincipalView => ({
  ...record,
  links: {
    self: `/v1/principals/${record.id}`,
    keys: `/v1/principals/${record.id}/keys`,
    changes: `/v1/principals/${record.id}/changes`,
  },
});

/** A key with its links. */
export const apiKeyView = (record: ApiKeyRecord): ApiKeyView => ({
  ...record,
  links: { revocation: `/v1/keys/${record.id}/revocation` },
});
