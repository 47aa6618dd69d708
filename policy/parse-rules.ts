/** Reads `policy.yaml`: rules with their defaults filled in and their conditions type-checked. */
import { YAMLParseError, parse } from 'yaml';
import { z } from 'zod';
import type { PolicyRule } from '../contracts/agent.js';
import { decisionKinds } from '../contracts/approval.js';
import { duration } from './duration.js';
import { findConditionFault } from './expression.js';
import { ruleDefaults } from './rules.js';

/** A policy file that cannot be used. The message lists every problem: file, rule, field. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const label = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be a lower-case label');

const approverLabels = z.array(label).max(16);
const quorum = z.int().min(1).max(16);

/** The names under which the product itself asks or denies. */
const reserved = /^(default-.*|schema|done-before|same-call-again)$/;

const escalationStep = z.strictObject({
  after: duration,
  approvers: approverLabels,
  quorum: quorum.default(1),
});

const ruleFields = z.strictObject({
  id: label.refine((id) => !reserved.test(id), 'is a name that the product uses itself'),
  when: z.string().min(1).max(4_000),
  decision: z.enum(['allow', 'ask', 'deny']),
  reason: z.string().min(1).max(400),
  approvers: approverLabels.default([...ruleDefaults.approvers]),
  quorum: quorum.default(ruleDefaults.quorum),
  requesterMayDecide: z.boolean().default(ruleDefaults.requesterMayDecide),
  editorMayDecide: z.boolean().default(ruleDefaults.editorMayDecide),
  allowedDecisions: z
    .array(z.enum(decisionKinds))
    .min(1)
    .default([...ruleDefaults.allowedDecisions]),
  expiresIn: duration.default(ruleDefaults.expiresInMs),
  executeWithin: duration.nullable().default(ruleDefaults.executeWithinMs),
  onExpiry: z.enum(['reject', 'escalate']).default(ruleDefaults.onExpiry),
  escalation: z.array(escalationStep).max(8).default([]),
  undoWindow: duration.nullable().default(null),
  evenWhenTainted: z.boolean().default(ruleDefaults.evenWhenTainted),
});

const ruleSchema = ruleFields.superRefine((rule, context) => {
  const steps = rule.escalation;
  const fault = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (steps.some(({ after }, at) => after <= (steps[at - 1]?.after ?? 0))) {
    fault('escalation', 'each step must come later than the one before');
  }
  if (rule.onExpiry === 'escalate' && steps.length === 0) {
    fault('escalation', 'must say who is asked next, as onExpiry is escalate');
  }
  if (rule.onExpiry === 'escalate' && (steps[0]?.after ?? 0) > rule.expiresIn) {
    fault('escalation', 'the first step must not come later than expiresIn');
  }
  if (rule.onExpiry === 'reject' && (steps.at(-1)?.after ?? 0) >= rule.expiresIn) {
    fault('escalation', 'each step must come before expiresIn, as onExpiry is reject');
  }
  if (rule.decision === 'ask' && !rule.allowedDecisions.includes('reject')) {
    fault('allowedDecisions', 'must hold reject: people can always say no');
  }
});

/**
 * Parses the text of a policy file. Throws a {@link PolicyFileError} with every problem at once;
 * those of a condition carry the text of the CEL checker with a caret under the place.
 */
export function parseRules(text: string, file: string): readonly PolicyRule[] {
  const entries = readEntries(text, file);
  const results = entries.map((entry, index) => readRule(entry, index, file));
  const rules = results.flatMap((result) => (result.rule === null ? [] : [result.rule]));
  const problems = results.flatMap((result) => result.problems);
  const repeated = rules.filter((rule, at) => rules.findIndex(({ id }) => id === rule.id) < at);
  problems.push(...repeated.map((rule) => `${file}: rule ${rule.id}: id: is used twice`));
  if (problems.length > 0) throw new PolicyFileError(problems);
  return rules;
}

function readEntries(text: string, file: string): readonly unknown[] {
  try {
    const parsed: unknown = parse(text);
    if (Array.isArray(parsed)) return parsed;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new PolicyFileError([`${file}: ${error.message}`]);
  }
  throw new PolicyFileError([`${file}: must be a list of rules`]);
}

interface ReadRule {
  readonly rule: PolicyRule | null;
  readonly problems: readonly string[];
}

function readRule(entry: unknown, index: number, file: string): ReadRule {
  const at = `${file}: rule ${nameOf(entry, index)}`;
  const parsed = ruleSchema.safeParse(entry);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) =>
      [at, issue.path.join('.'), issue.message].filter((part) => part !== '').join(': '),
    );
    return { rule: null, problems };
  }
  const { expiresIn, executeWithin, undoWindow, escalation, ...rest } = parsed.data;
  const rule: PolicyRule = {
    ...rest,
    expiresInMs: expiresIn,
    executeWithinMs: executeWithin,
    undoWindowMs: undoWindow ?? 0,
    escalation: escalation.map(({ after, ...step }) => ({ afterMs: after, ...step })),
  };
  const fault = findConditionFault(rule.when);
  return { rule, problems: fault === null ? [] : [`${at}: when: ${fault}`] };
}

function nameOf(entry: unknown, index: number): string {
  const id = (entry as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id : `${index + 1}`;
}
