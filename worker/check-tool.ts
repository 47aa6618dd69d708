/** What a tool must declare before an agent may use it: its class, and what that class owes (P3). */
import type { Tool } from '../activities/tool.js';
import { effectClasses, effectClassMeanings, type EffectClass } from '../contracts/effect.js';
import { keyRetentionMarginMs, retryPolicies } from '../contracts/retry-policies.js';

/** Everything that keeps a tool from being registered, one sentence each; `known` are all tools. */
export function toolProblems(tool: Tool, known: readonly Tool[]): string[] {
  // A tool may come from code that no compiler has seen.
  const declared: Partial<Record<keyof Tool | DutyName, unknown>> = { ...tool };
  if (!(effectClasses as readonly unknown[]).includes(declared.effect)) return [missingClass];
  return [
    ...dutyProblems(tool.effect, declared),
    ...retentionProblems(tool),
    ...undoProblems(tool, known),
  ];
}

const missingClass = [
  'does not say what it does to the world; its effect must be one of',
  ...effectClasses.map((each) => `  ${each}: ${effectClassMeanings[each]}`),
].join('\n');

type DutyName = 'run' | 'find' | 'runInTransaction' | 'keyRetentionMs' | 'visibilityLagMs';

/** What each class has to bring along. */
const duties = {
  read: { run: 'function' },
  idempotent: { run: 'function' },
  keyed: { run: 'function', keyRetentionMs: 'number' },
  reconcilable: { run: 'function', find: 'function', visibilityLagMs: 'number' },
  transactional: { runInTransaction: 'function' },
  unsafe: { run: 'function' },
} as const satisfies Record<EffectClass, Partial<Record<DutyName, 'function' | 'number'>>>;

const dutyProblems = (
  effect: EffectClass,
  declared: Partial<Record<DutyName, unknown>>,
): string[] =>
  Object.entries(duties[effect]).flatMap(([name, type]) =>
    typeof declared[name as DutyName] === type
      ? []
      : [`is ${effect}, so it must bring ${name} (${effectClassMeanings[effect]})`],
  );

/** Repeats under a key end before the service forgets it: else the last one would be a second effect. */
function retentionProblems(tool: Tool): string[] {
  if (!('keyRetentionMs' in tool) || typeof tool.keyRetentionMs !== 'number') return [];
  const { repeatWithinMs } = retryPolicies[tool.retryPolicy];
  const neededMs = repeatWithinMs + keyRetentionMarginMs;
  return tool.keyRetentionMs >= neededMs
    ? []
    : [
        `its service remembers a key for ${minutes(tool.keyRetentionMs)}, but ${tool.retryPolicy} ` +
          `repeats for ${minutes(repeatWithinMs)} after the first dispatch: at least ` +
          `${minutes(neededMs)} are needed, or another retry policy`,
      ];
}

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} minutes`;

function undoProblems({ undo }: Tool, known: readonly Tool[]): string[] {
  if (undo?.by !== 'tool' || known.some(({ name }) => name === undo.tool)) return [];
  return [`is undone by ${undo.tool}, which does not exist`];
}
