/** The policy of an agent: its ordered rules, judging one call at a time. */
import type { PolicyRule } from '../contracts/agent.js';
import type { Question } from '../contracts/approval.js';
import type { Verdict } from '../contracts/call.js';
import type { EffectClass } from '../contracts/effect.js';
import type { PolicyInputs } from './inputs.js';
import { compileCondition, type Condition } from './expression.js';

/** What the policy says of one call, and the question it puts to people where it asks. */
export interface PolicyJudgement extends Question {
  readonly verdict: Verdict;
}

export interface Policy {
  /** The first rule that holds decides; a rule that cannot be evaluated asks. Never throws. */
  judge(inputs: PolicyInputs): PolicyJudgement;
}

/** What a rule says where `policy.yaml` says nothing. */
export const ruleDefaults = {
  approvers: [],
  quorum: 1,
  requesterMayDecide: false,
  allowedDecisions: ['approve', 'reject'],
  expiresInMs: 24 * 60 * 60 * 1_000,
  executeWithinMs: null,
  onExpiry: 'reject',
} as const satisfies Partial<PolicyRule>;

/**
 * Compiles rules in their order. Rules are pinned to runs for as long as these last, so one that
 * no longer compiles is kept: it asks, as one does that throws.
 */
export function compilePolicy(rules: readonly PolicyRule[]): Policy {
  const compiled = rules.map((rule) => ({ rule, condition: compileCondition(rule.when) }));
  return { judge: (inputs) => firstMatch(compiled, inputs) ?? byDefault(inputs.tool.effect) };
}

function firstMatch(
  compiled: readonly { readonly rule: PolicyRule; readonly condition: Condition }[],
  inputs: PolicyInputs,
): PolicyJudgement | null {
  for (const { rule, condition } of compiled) {
    const answer = condition(inputs);
    if (answer.kind === 'error') {
      const reason = `Rule ${rule.id} could not be evaluated (${answer.code}), so it asks.`;
      return judgementOf(rule, 'ask', reason);
    }
    if (answer.holds) return judgementOf(rule, rule.decision, rule.reason);
  }
  return null;
}

function judgementOf(rule: PolicyRule, verdict: Verdict, reason: string): PolicyJudgement {
  const judgement: PolicyJudgement = {
    verdict,
    rule: rule.id,
    reason,
    approvers: rule.approvers,
    quorum: rule.quorum,
    requesterMayDecide: rule.requesterMayDecide,
    allowedDecisions: rule.allowedDecisions,
    expiresInMs: rule.expiresInMs,
    executeWithinMs: rule.executeWithinMs,
  };
  return isAskable(rule) ? judgement : denyUnaskable(judgement);
}

/** What can be asked of people so far: one of them, once. */
const isAskable = (rule: PolicyRule): boolean => rule.quorum === 1 && rule.onExpiry === 'reject';

function denyUnaskable(judgement: PolicyJudgement): PolicyJudgement {
  if (judgement.verdict !== 'ask') return judgement;
  const label =
    judgement.approvers.length === 0 ? '' : ` of label ${judgement.approvers.join(' or ')}`;
  const reason = `This needs ${judgement.quorum} people${label}, which is not possible yet.`;
  return { ...judgement, verdict: 'deny', reason };
}

function byDefault(effect: EffectClass): PolicyJudgement {
  const { onExpiry: _, ...defaults } = ruleDefaults;
  return effect === 'read'
    ? { ...defaults, verdict: 'allow', rule: 'default-read', reason: 'It only reads.' }
    : {
        ...defaults,
        verdict: 'ask',
        rule: 'default-effect',
        reason: 'No rule covers this, and it changes something outside.',
      };
}
