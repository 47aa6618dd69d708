/** Shows the text of a turn while it is written: outside history, and to be lost without harm. */
import { Context } from '@temporalio/activity';
import type { AttemptText } from '../store/delta-writer.js';
import type { RunAddress } from '../store/run-transaction.js';
import type { ActivityDeps } from './deps.js';
import type { ModelContext } from './models/model.js';

export interface ShownText {
  /** A model is asked, once more or for the first time: what it said before is void. */
  begin(): NonNullable<ModelContext['onDelta']>;
  /** The turn is committed, or this attempt was in vain. */
  close(): void;
}

/** Shows a turn from each `begin` on. Its blocks are set apart as those of the committed turn are. */
export function showText(
  { deltas }: Pick<ActivityDeps, 'deltas'>,
  address: RunAddress,
  turn: number,
): ShownText {
  let text: AttemptText | undefined;
  return {
    begin: () => {
      const before = text;
      const mine = deltas?.open(address, turn, Context.current().info.attempt);
      text = mine;
      before?.close();
      let lastBlock: number | null = null;
      return (delta) => {
        const isNext = lastBlock !== null && lastBlock !== delta.block;
        mine?.add(isNext ? `\n\n${delta.text}` : delta.text);
        lastBlock = delta.block;
      };
    },
    close: () => text?.close(),
  };
}
