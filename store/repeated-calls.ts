/** A model that asks for the same thing again and again: the third time in a row people are asked. */
import type { Digest } from '../contracts/ids.js';
import { questionAnyway } from '../contracts/approval.js';
import { sameCallsInARow } from '../contracts/limits.js';
import type { RunAddress, Sql } from './run-transaction.js';
import type { JudgedCall } from './turn-commit.js';

/** What makes two calls identical. */
export interface CallIdentity {
  readonly tool: string;
  readonly argsDigest: Digest;
}

/** The last calls of a run, the latest first: as many as can make the next one a repeat. */
export const lastCallsSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT tool, args_digest AS "argsDigest" FROM call
   WHERE tenant_id = $1 AND run_id = $2 ORDER BY seq DESC LIMIT ${sameCallsInARow - 1}`,
  tenantId,
  runId,
];

const ruleId = 'same-call-again';

/**
 * The calls of a turn, of which those that are the third or a later one in a row, after `last`, are
 * asked about whatever their rule says. What is denied stays denied. Undoing the same several times
 * is no repeat: each undo takes back another effect, and none of them was a model's wish.
 */
export function stopRepeats(
  calls: readonly JudgedCall[],
  last: readonly CallIdentity[],
): readonly JudgedCall[] {
  const before = last.toReversed();
  return calls.map((call, index) => {
    const earlier = [...before, ...calls.slice(0, index)].slice(1 - sameCallsInARow);
    const isRepeat =
      call.undoes === undefined &&
      earlier.length === sameCallsInARow - 1 &&
      earlier.every(({ tool, argsDigest }) => tool === call.tool && argsDigest === call.argsDigest);
    return isRepeat ? asked(call) : call;
  });
}

function asked(call: JudgedCall): JudgedCall {
  const reason = `The model asks for this again, exactly as the ${sameCallsInARow - 1} times before.`;
  const verdict = call.verdict === 'deny' ? 'deny' : 'ask';
  return {
    ...call,
    verdict,
    question: questionAnyway(call.verdict, call.question, ruleId, reason),
  };
}

/** Says whether a repeat can't even be asked about: it was refused each time, and will be again. */
export const isHopeless = ({ verdict, question }: JudgedCall): boolean =>
  verdict === 'deny' && question.rule === ruleId;
