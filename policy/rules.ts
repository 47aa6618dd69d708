/** The policy of an agent: its ordered rules, judging one call at a time. */
import type { PolicyRule } from '../contracts/agent.js';
import type { Question } from '../contracts/approval.js';
import type { Verdict } from '../contracts/call.js';
import type { Digest } from '../contracts/ids.js';
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
  editorMayDecide: true,
  allowedDecisions: ['approve', 'edit', 'reject', 'respond'],
  expiresInMs: 24 * 60 * 60 * 1_000,
  executeWithinMs: null,
  onExpiry: 'reject',
  escalation: [],
  undoWindowMs: 0,
  evenWhenTainted: false,
} as const satisfies Partial<PolicyRule>;

/** The digest of a JSON value. */
export type DigestOf = (value: unknown) => Digest;

interface CompiledRule {
  readonly rule: PolicyRule;
  readonly ruleDigest: Digest;
  readonly condition: Condition;
}

/**
 * Compiles rules in their order. Rules are pinned to runs for as long as these last, so one that
 * no longer compiles is kept: it asks, as one does that throws.
 */
export function compilePolicy(rules: readonly PolicyRule[], digestOf: DigestOf): Policy {
  const compiled = rules.map((rule) => ({
    // A version that was registered before a field existed means its default.
    rule: { ...ruleDefaults, ...rule },
    ruleDigest: digestOf(rule),
    condition: compileCondition(rule.when),
  }));
  return { judge: (inputs) => firstMatch(compiled, inputs) ?? byDefault(inputs, digestOf) };
}

function firstMatch(
  compiled: readonly CompiledRule[],
  inputs: PolicyInputs,
): PolicyJudgement | null {
  for (const each of compiled) {
    const { rule } = each;
    const answer = each.condition(inputs);
    if (answer.kind === 'error') {
      const reason = `Rule ${rule.id} could not be evaluated (${answer.code}), so it asks.`;
      return judgementOf(each, 'ask', reason);
    }
    if (!answer.holds) continue;
    return isTaintedEffect(rule, inputs)
      ? judgementOf(each, 'ask', `${rule.reason} ${tainted}`)
      : judgementOf(each, rule.decision, rule.reason);
  }
  return null;
}

/** What strangers wrote may have asked for it: leave that was meant for our own wishes asks. */
const isTaintedEffect = (rule: PolicyRule, { run, tool }: PolicyInputs): boolean =>
  rule.decision === 'allow' && run.tainted && tool.effect !== 'read' && !rule.evenWhenTainted;

const tainted = 'But the run has read what strangers wrote, so a person looks at it.';

const judgementOf = (
  { rule, ruleDigest }: CompiledRule,
  verdict: Verdict,
  reason: string,
): PolicyJudgement => ({
  verdict,
  rule: rule.id,
  ruleDigest,
  reason,
  approvers: rule.approvers,
  quorum: rule.quorum,
  requesterMayDecide: rule.requesterMayDecide,
  editorMayDecide: rule.editorMayDecide,
  allowedDecisions: rule.allowedDecisions,
  expiresInMs: rule.expiresInMs,
  onExpiry: rule.onExpiry,
  escalation: rule.escalation,
  executeWithinMs: rule.executeWithinMs,
  undoWindowMs: rule.undoWindowMs,
});

function byDefault({ tool }: PolicyInputs, digestOf: DigestOf): PolicyJudgement {
  const { evenWhenTainted: _, ...defaults } = ruleDefaults;
  const [verdict, rule, reason] =
    tool.effect === 'read'
      ? (['allow', 'default-read', 'It only reads.'] as const)
      : (['ask', 'default-effect', noRule] as const);
  return { ...defaults, verdict, rule, ruleDigest: digestOf({ id: rule }), reason };
}

const noRule = 'No rule covers this, and it changes something outside.';
