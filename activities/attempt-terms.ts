/** What one attempt at a call is started by: policy, what its tool declares, and who may allow it. */
import type { AgentVersion, ToolSpec } from '../contracts/agent.js';
import type { RunId } from '../contracts/ids.js';
import { retryPolicies, type RetryPolicy } from '../contracts/retry-policies.js';
import { demandOf } from '../contracts/voting.js';
import { canonicalJson, digestOf } from '../runtime/digest.js';
import type { Verifier } from '../runtime/signing.js';
import type { RecordedInHistory } from '../store/authority.js';
import type { AttemptTerms } from '../store/call-start.js';
import type { LoadedCall } from '../store/calls.js';
import { checkAuthority } from './authority.js';
import { judge } from './judge.js';

interface PinnedCall {
  readonly runId: RunId;
  readonly call: LoadedCall;
  readonly history: RecordedInHistory;
  readonly version: AgentVersion;
  readonly spec: ToolSpec;
}

/** Judges the call again by its pinned rules, and says what its start is to be held against. */
export function attemptTerms(verifier: Verifier, its: PinnedCall): AttemptTerms {
  const { runId, call, history, version, spec } = its;
  const judgedRun = { ...call, runId, requestedBy: history.requestedBy };
  const tool = { name: call.tool, effect: call.effect };
  const { judgement, inputs } = judge(version, judgedRun, tool, call.args);
  const { verdict, ...question } = demandOf(judgement);
  const { args, argsDigest } = call;
  const authority = { verifier, judge, version, spec, history, judgedRun, args, argsDigest };
  const isPinned = isPinnedText(version);
  return {
    // What is not the pinned text judges nothing: its calls go straight to the alarm.
    verdict: isPinned ? verdict : 'allow',
    question,
    ruleInputs: canonicalJson(inputs),
    previews: spec.previews === true,
    taints: spec.taints === true,
    checkAuthority: (facts) => (isPinned ? checkAuthority(authority, facts) : notPinned),
    ...termsOf(spec),
    grantId: call.grantId,
  };
}

const pinnedTexts = new WeakMap<AgentVersion, boolean>();

/** Whether the text of a version is what its digest, which history holds, was made of. */
function isPinnedText(version: AgentVersion): boolean {
  const known = pinnedTexts.get(version) ?? digestOf(version.spec) === version.digest;
  pinnedTexts.set(version, known);
  return known;
}

const notPinned = {
  kind: 'tampered',
  findings: ['policy: its text does not fit the digest that the run is pinned to'],
} as const;

function termsOf(spec: ToolSpec) {
  const policy: RetryPolicy = retryPolicies[spec.retryPolicy];
  return {
    keyRetentionMs: spec.keyRetentionMs,
    repeatWithinMs: policy.repeatWithinMs,
    requestTimeoutMs: policy.requestTimeoutMs,
    visibilityLagMs: spec.visibilityLagMs ?? 0,
    repeats: spec.businessKey ?? null,
  };
}
