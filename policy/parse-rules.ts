/** Reads `policy.yaml`: rules with their defaults filled in and their conditions type-checked. */
import { z } from 'zod';
import type { PolicyRule } from '../contracts/agent.js';
import { decisionKinds } from '../contracts/approval.js';
import { rulesPerPolicy } from '../contracts/limits.js';
import { duration } from './duration.js';
import { findConditionFault } from './expression.js';
import { ruleDefaults } from './rules.js';
import { readYaml, type YamlPath } from './yaml-text.js';

/** A policy file that cannot be used. The message lists every problem: file, line, rule, field. */
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
  const { entries, lineOf } = readEntries(text, file);
  const read = entries.map(readRule);
  const ids = read.map(({ rule }) => rule?.id);
  const problems = read.flatMap(({ rule, faults }, index) => {
    const isRepeated = rule !== null && ids.indexOf(rule.id) < index;
    const all = isRepeated ? [...faults, { path: ['id'], message: 'is used twice' }] : faults;
    return all.map(({ path, message }) => {
      const place = `${file}:${lineOf([index, ...path])}: rule ${nameOf(entries[index], index)}`;
      return [place, path.join('.'), message].filter((part) => part !== '').join(': ');
    });
  });
  if (problems.length > 0) throw new PolicyFileError(problems);
  return read.flatMap(({ rule }) => (rule === null ? [] : [rule]));
}

interface Entries {
  readonly entries: readonly unknown[];
  /** The line on which something stands, from 1; that of what it is missing in. */
  lineOf(path: YamlPath): number;
}

function readEntries(text: string, file: string): Entries {
  const { value, faults, placeOf } = readYaml(text);
  if (faults.length > 0) {
    throw new PolicyFileError(
      faults.map(({ place, message }) => `${file}:${place.line}: ${message}`),
    );
  }
  if (!Array.isArray(value)) throw new PolicyFileError([`${file}: must be a list of rules`]);
  if (value.length > rulesPerPolicy) {
    throw new PolicyFileError([`${file}: has more than ${rulesPerPolicy} rules`]);
  }
  return { entries: value, lineOf: (path) => placeOf(path).line };
}

interface ReadRule {
  readonly rule: PolicyRule | null;
  readonly faults: readonly { readonly path: YamlPath; readonly message: string }[];
}

function readRule(entry: unknown): ReadRule {
  const parsed = ruleSchema.safeParse(entry);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => ({
      path: path.map((key) => (typeof key === 'symbol' ? String(key) : key)),
      message,
    }));
    return { rule: null, faults };
  }
  const { expiresIn, executeWithin, undoWindow, escalation, ...rest } = parsed.data;
  const rule: PolicyRule = {
    ...rest,
    expiresInMs: expiresIn,
    executeWithinMs: executeWithin,
    undoWindowMs: undoWindow ?? 0,
    escalation: escalation.map(({ after, ...step }) => ({ afterMs: after, ...step })),
  };
  const message = findConditionFault(rule.when);
  return { rule, faults: message === null ? [] : [{ path: ['when'], message }] };
}

function nameOf(entry: unknown, index: number): string {
  const id = (entry as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id : `${index + 1}`;
}
