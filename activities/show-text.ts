/** Shows the text of a turn while it is written: outside history, and to be lost without harm. */
import { Context } from '@temporalio/activity';
import type { RunAddress } from '../store/run-transaction.js';
import type { ActivityDeps } from './deps.js';
import type { ModelDelta } from './models/model.js';

export interface ShownText {
  /** Takes more of it. Neither waits nor throws. */
  take(delta: ModelDelta): void;
  /** The turn is committed, or this attempt was in vain. */
  close(): void;
}

/** Begins to show an attempt at a turn. Its blocks are set apart as those of the committed turn are. */
export function showText(
  { deltas }: Pick<ActivityDeps, 'deltas'>,
  address: RunAddress,
  turn: number,
): ShownText {
  const text = deltas?.open(address, turn, Context.current().info.attempt);
  let block: number | null = null;
  return {
    take: (delta) => {
      text?.add(block === null || block === delta.block ? delta.text : `\n\n${delta.text}`);
      block = delta.block;
    },
    close: () => text?.close(),
  };
}
