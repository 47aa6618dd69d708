/** What an unwind answers with: what it undid, what it did not, and what is left to people. */
import type { CallOutcome } from './call.js';
import type { EffectKey } from './ids.js';

/** An effect of the run that is undone. */
export interface UnwoundEffect {
  readonly effectKey: EffectKey;
  readonly tool: string;
  readonly title: string;
  readonly externalRef: string | null;
}

export interface UnwindLists {
  readonly undone: readonly (UnwoundEffect & { readonly undoneBy: EffectKey })[];
  /** No tool can take these back. */
  readonly forPeople: readonly (UnwoundEffect & { readonly advice: string })[];
  /** Their undo was denied, rejected or refused; or there was nothing to undo. */
  readonly notUndone: readonly (UnwoundEffect & {
    readonly outcome: CallOutcome | 'nothing-to-undo';
    readonly why: string;
  })[];
}

/** The output of an unwind. Each list is in the order of undoing: the latest effect first. */
export interface UnwindOutput extends UnwindLists {
  readonly message: string;
}

/** What stands where a turn names its model: the ledger alone plans the turns of an unwind. */
export const ledgerPlanner = 'ledger';

/** The block of an unwind's last message that holds its lists. */
export const unwoundBlock = 'unwound';
