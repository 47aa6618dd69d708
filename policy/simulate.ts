/** Simulating a policy: what it would say of calls, beside what is said of them now. Pure. */
import type { PolicyRule } from '../contracts/agent.js';
import { questionAnyway } from '../contracts/approval.js';
import type { Verdict } from '../contracts/call.js';
import type { Digest } from '../contracts/ids.js';
import {
  simulatedTerms,
  type SimulatedCall,
  type SimulatedChange,
  type SimulatedOutcome,
  type Simulation,
} from '../contracts/simulation.js';
import type { RuleInputs } from './inputs.js';
import { PolicyFileError, parseRules } from './parse-rules.js';
import { compilePolicy, type DigestOf, type Policy, type PolicyJudgement } from './rules.js';

/** A call as it is to be judged. */
export interface CallToSimulate {
  readonly shown: Pick<SimulatedCall, 'callId' | 'runId' | 'title' | 'tool' | 'argsDigest'>;
  /** The agent version whose policy it was, or would be, judged by. */
  readonly version: Digest;
  /** What rules see beside the arguments: of history, what they saw. */
  readonly inputs: RuleInputs;
  readonly args: unknown;
  /** What history holds of it; null for a call that is only thought of. */
  readonly recorded: { readonly verdict: Verdict; readonly rule: string } | null;
  /** Its tool takes no such arguments: no rule is asked. */
  readonly isRefused: boolean;
}

export interface SimulationRequest {
  /** The stored policies, by the digest of their agent version. */
  readonly policies: Readonly<Record<Digest, readonly PolicyRule[]>>;
  /** The version whose policy is tried where no other is given. */
  readonly current: Digest;
  /** The text of the policy that is tried; null for the current one. */
  readonly text: string | null;
  readonly calls: readonly CallToSimulate[];
  /** Calls that were left out before. */
  readonly skipped: number;
}

export type SimulationResult =
  | { readonly kind: 'simulated'; readonly simulation: Simulation }
  /** The given policy cannot be used: each problem names line and rule. */
  | { readonly kind: 'unusable'; readonly problems: readonly string[] };

/** Judges every call by its own policy and by the one that is tried. Never throws. */
export function simulate(request: SimulationRequest, digestOf: DigestOf): SimulationResult {
  const { policies, current, text, calls, skipped } = request;
  const compiled = new Map<Digest, Policy>();
  const policyOf = (version: Digest): Policy => {
    const policy = compiled.get(version) ?? compilePolicy(policies[version] ?? [], digestOf);
    compiled.set(version, policy);
    return policy;
  };
  try {
    const tried = text === null ? policyOf(current) : compilePolicy(rulesOf(text), digestOf);
    const data = calls.map((call) => compare(call, policyOf(call.version), tried));
    return { kind: 'simulated', simulation: { data, summary: summaryOf(data, skipped) } };
  } catch (error) {
    if (!(error instanceof PolicyFileError)) throw error;
    return { kind: 'unusable', problems: error.problems };
  }
}

const rulesOf = (text: string): readonly PolicyRule[] => parseRules(text, 'policy');

function compare(call: CallToSimulate, own: Policy, tried: Policy): SimulatedCall {
  const { shown, inputs, args, recorded, isRefused } = call;
  if (isRefused) {
    const { before, after } = { before: schemaRefusal, after: schemaRefusal };
    return { ...shown, before, after, changed: false, changes: [] };
  }
  const judge = (policy: Policy) =>
    askedAnyway(policy.judge({ ...inputs, args }), recorded?.rule ?? null);
  // Verdict and rule are history's word; whom that rule asks is what it says to the same inputs.
  const before = { ...judge(own), ...recorded };
  const after = judge(tried);
  const changes = changesOf(before, after);
  return {
    ...shown,
    before: outcomeOf(before),
    after: outcomeOf(after),
    changed: changes.length > 0,
    changes,
  };
}

const schemaRefusal: SimulatedOutcome = {
  verdict: 'deny',
  rule: 'schema',
  approvers: [],
  quorum: 0,
};

/** What the product itself asks about, whatever a rule allows: it would do so again. */
const ownQuestions: ReadonlySet<string> = new Set(['same-call-again', 'done-before']);

function askedAnyway(judgement: PolicyJudgement, rule: string | null): PolicyJudgement {
  const { verdict, reason } = judgement;
  if (rule === null || verdict === 'deny' || !ownQuestions.has(rule)) return judgement;
  return { ...questionAnyway(verdict, judgement, rule, reason), verdict: 'ask' };
}

function changesOf(before: PolicyJudgement, after: PolicyJudgement): SimulatedChange[] {
  if (before.verdict !== after.verdict) return ['verdict'];
  if (after.verdict !== 'ask') return [];
  // Data from one place: the same values are written alike.
  return simulatedTerms.filter(
    (term) => JSON.stringify(before[term]) !== JSON.stringify(after[term]),
  );
}

const outcomeOf = ({ verdict, rule, approvers, quorum }: PolicyJudgement): SimulatedOutcome =>
  verdict === 'ask'
    ? { verdict, rule, approvers, quorum }
    : { verdict, rule, approvers: [], quorum: 0 };

function summaryOf(data: readonly SimulatedCall[], skipped: number): Simulation['summary'] {
  const newly = (verdict: Verdict): number =>
    data.filter(({ before, after }) => after.verdict === verdict && before.verdict !== verdict)
      .length;
  return {
    calls: data.length,
    changed: data.filter(({ changed }) => changed).length,
    newlyAllowed: newly('allow'),
    newlyAsked: newly('ask'),
    newlyDenied: newly('deny'),
    quorumChanged: data.filter(({ changes }) => changes.includes('quorum')).length,
    skipped,
  };
}
