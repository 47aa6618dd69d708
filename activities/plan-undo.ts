/** Planning an unwind: the ledger in reverse order, one undo a turn, and at the end what came of it. */
import type { AgentVersion } from '../contracts/agent.js';
import { summaryCharacters } from '../contracts/limits.js';
import type { UnwindLists, UnwoundEffect } from '../contracts/unwind.js';
import type { JudgedCall } from '../store/turn-commit.js';
import type { UnwoundEffectRow } from '../store/unwinds.js';
import type { JudgedRun } from '../policy/inputs.js';
import { planCall } from './plan-call.js';
import type { Tool } from './tool.js';

export type UndoPlan =
  /** What the run did is not known yet: a person must say. */
  | { readonly kind: 'wait' }
  /** The next undo, judged as any call is. */
  | { readonly kind: 'call'; readonly call: JudgedCall }
  /** Nothing is left to undo. */
  | { readonly kind: 'done'; readonly lists: UnwindLists };

/** What an unwind does next, from the effects of the run that it undoes, the latest first. */
export function planUndo(
  tools: readonly Tool[],
  version: AgentVersion,
  run: JudgedRun,
  effects: readonly UnwoundEffectRow[],
): UndoPlan {
  if (effects.some(isUnsettled)) return { kind: 'wait' };
  const done = effects.filter(({ state }) => state === 'confirmed');
  for (const effect of done) {
    if (effect.undo !== null) continue;
    const wish = wishOf(tools, version, effect);
    if (wish.kind === 'call') {
      return { kind: 'call', call: undoCall(tools, version, run, effect, wish) };
    }
  }
  return { kind: 'done', lists: listsOf(tools, version, done) };
}

const isUnsettled = ({ state }: UnwoundEffectRow): boolean =>
  state === 'intended' || state === 'dispatched' || state === 'unknown' || state === 'parked';

/** What a tool says of how one of its effects is taken back. */
type UndoWish =
  | { readonly kind: 'call'; readonly tool: string; readonly args: unknown }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'person'; readonly advice: string };

function wishOf(tools: readonly Tool[], version: AgentVersion, effect: UnwoundEffectRow): UndoWish {
  const tool = tools.find(({ name }) => name === effect.tool);
  if (tool === undefined) return person(`No worker has ${effect.tool} any more. ${lookThere}`);
  const { undo } = tool;
  if (undo === undefined) return person(`No tool undoes ${effect.tool}. ${lookThere}`);
  const parsed = tool.args.safeParse(JSON.parse(effect.args));
  const result = JSON.parse(effect.result ?? 'null') as unknown;
  try {
    if (!parsed.success) return person(unclear);
    if (undo.by === 'person') return person(undo.advice(parsed.data, result));
    const isPinned = version.spec.tools.some(({ name }) => name === undo.tool);
    const isHere = tools.some(({ name }) => name === undo.tool);
    if (!isPinned || !isHere) return person(`No worker has ${undo.tool} for it. ${lookThere}`);
    const args = undo.args(parsed.data, result);
    return args === null ? { kind: 'nothing' } : { kind: 'call', tool: undo.tool, args };
  } catch {
    // Its result is not what the tool gives, such as a person's word that it happened.
    return person(unclear);
  }
}

const person = (advice: string): UndoWish => ({ kind: 'person', advice });
const lookThere = 'Look into its service, and undo it there if it is to be undone.';
const unclear = `How to undo it does not follow from what is known of it. ${lookThere}`;

/** Its business key is of no account: it is the undo of this effect, whatever else did the same. */
function undoCall(
  tools: readonly Tool[],
  version: AgentVersion,
  run: JudgedRun,
  effect: UnwoundEffectRow,
  { tool, args }: Extract<UndoWish, { kind: 'call' }>,
): JudgedCall {
  const block = { type: 'tool_use', id: `undo-${effect.callId}`, name: tool, input: args };
  const call = planCall(tools, version, run, block);
  const title = `${call.title}, to undo: ${effect.title}`.slice(0, summaryCharacters);
  return { ...call, title, business: null, undoes: effect.key };
}

function listsOf(
  tools: readonly Tool[],
  version: AgentVersion,
  done: readonly UnwoundEffectRow[],
): UnwindLists {
  const lists = { undone: [], forPeople: [], notUndone: [] } as {
    -readonly [List in keyof UnwindLists]: UnwindLists[List][number][];
  };
  for (const effect of done) {
    const { undo, key: effectKey, tool, title, externalRef } = effect;
    const its: UnwoundEffect = { effectKey, tool, title, externalRef };
    if (undo === null) {
      const wish = wishOf(tools, version, effect);
      if (wish.kind === 'person') lists.forPeople.push({ ...its, advice: wish.advice });
      else lists.notUndone.push({ ...its, outcome: 'nothing-to-undo', why: nothingToUndo });
    } else if (undo.effectKey !== null && undo.effectState === 'confirmed') {
      lists.undone.push({ ...its, undoneBy: undo.effectKey });
    } else {
      const outcome = undo.outcome ?? 'failed';
      lists.notUndone.push({ ...its, outcome, why: undo.result ?? 'It has no outcome.' });
    }
  }
  return lists;
}

const nothingToUndo = 'It left nothing to undo.';

/** What came of an unwind, for people. */
export function reportOf({ undone, forPeople, notUndone }: UnwindLists): string {
  const total = undone.length + forPeople.length + notUndone.length;
  if (total === 0) return 'The run had changed nothing: there was nothing to undo.';
  const paragraphs = [
    `Undone: ${undone.length} of ${total}.`,
    ...undone.map((each) => `- ${nameOf(each)}`),
    ...(forPeople.length === 0 ? [] : ['', 'For a person to undo:']),
    ...forPeople.map((each) => `- ${nameOf(each)}: ${each.advice}`),
    ...(notUndone.length === 0 ? [] : ['', 'Not undone:']),
    ...notUndone.map((each) => `- ${nameOf(each)}: ${each.why}`),
  ];
  return paragraphs.join('\n');
}

const nameOf = ({ title, externalRef }: UnwoundEffect): string =>
  externalRef === null ? title : `${title} (${externalRef})`;
