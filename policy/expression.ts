/** CEL: the conditions of rules, checked when they are loaded and evaluated when a call is judged. */
import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import type { PolicyInputs } from './inputs.js';

/** A condition's answer. `code` is a constant that names why there is none: never content. */
type ConditionAnswer =
  | { readonly kind: 'answer'; readonly holds: boolean }
  | { readonly kind: 'error'; readonly code: string };

/** A compiled condition. */
export type Condition = (inputs: PolicyInputs) => ConditionAnswer;

const environment = new Environment({ enableOptionalTypes: true })
  .registerVariable({ name: 'tool', schema: { name: 'string', effect: 'string' } })
  .registerVariable('args', 'map<string, dyn>')
  .registerVariable({
    name: 'run',
    schema: {
      id: 'string',
      agent: 'string',
      requester: 'string',
      turn: 'int',
      spentMicrosUsd: 'int',
      tainted: 'bool',
    },
  })
  .registerVariable({ name: 'tenant', schema: { id: 'string' } })
  .registerVariable({
    name: 'time',
    schema: { date: 'string', hour: 'int', minute: 'int', weekday: 'int' },
  });

/**
 * Says what is wrong with a condition, with a caret under the place, or null when it can be used.
 * `matches` is not offered: its patterns backtrack, so one argument could stop the process.
 */
export function findConditionFault(when: string): string | null {
  const checked = environment.check(when);
  if (!checked.valid) return checked.error?.message ?? 'not a CEL expression';
  if (checked.type !== 'bool' && checked.type !== 'dyn')
    return `must be true or false, but is ${checked.type}`;
  return callsMatches(environment.parse(when).ast)
    ? 'matches() is not offered here: use startsWith, endsWith, contains or in'
    : null;
}

/**
 * Compiles a condition. It never throws: what cannot be compiled, evaluated or read as true or
 * false answers with an error, and it is the caller's rule that an error never allows.
 */
export function compileCondition(when: string): Condition {
  if (findConditionFault(when) !== null) return () => ({ kind: 'error', code: 'not_compiled' });
  const evaluate = environment.parse(when);
  return (inputs) => {
    try {
      const answer: unknown = evaluate(toCel(inputs) as Record<string, unknown>);
      return typeof answer === 'boolean'
        ? { kind: 'answer', holds: answer }
        : { kind: 'error', code: 'not_a_boolean' };
    } catch (error) {
      return { kind: 'error', code: codeOf(error) };
    }
  };
}

/** JSON has one kind of number, CEL two: whole numbers become `int`, so `% 2` and `+ 1` work. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, toCel(inner)] as const);
  // The evaluator asks a value's `constructor` what it is: an argument of that name would hide it.
  return Object.hasOwn(value, 'constructor') ? new Map(entries) : Object.fromEntries(entries);
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'not_evaluated';
}

function callsMatches(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(callsMatches);
  if (!isNode(node)) return false;
  const isCall = node.op === 'rcall' || node.op === 'call';
  return (isCall && node.args[0] === 'matches') || callsMatches(node.args);
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
