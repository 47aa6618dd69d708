/** Streams an answer as server-sent events: whole, slowly, cut in the middle, or stalled. */
import { setTimeout as delay } from 'node:timers/promises';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.js';
import type { Fault } from './faults.js';
import type { Frame, Framing } from './framing.js';
import { messagesFraming } from './messages-framing.js';

/** How an answer is delivered. */
export interface Delivery {
  /** Milliseconds between the pieces of a slow answer; null sends it at once. */
  readonly pauseMs: number | null;
  readonly fault: Fault | null;
  /** Aborted when the stand-in closes. */
  readonly signal: AbortSignal;
}

/** Characters of one delta. */
const chunkCharacters = 24;
/** A slow answer comes in at least this many pieces, this far apart. */
export const slowPieces = 10;
export const slowPauseMs = 400;

/** Sends the answer. Resolves when it was sent, cut or given up, also when the peer is gone. */
export async function streamAnswer(
  response: ServerResponse,
  answer: Answer,
  delivery: Delivery,
  framing: Framing = messagesFraming,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, delivery.signal]);
  const frames = framesOf(answer, framing, delivery.pauseMs !== null);
  const breaks = delivery.fault?.act.kind === 'break';
  const kept = breaks ? frames.slice(0, middleOf(frames, answer)) : frames;
  for (const frame of kept) {
    if (delivery.pauseMs !== null && frame.paced) {
      if (!(await passed(delivery.pauseMs, signal))) return;
    }
    response.write(frame.text);
  }
  await finish(response, delivery.fault, signal, framing);
}

/** Ends a response as its fault wants it ended. The next cut after a reset is a clean end. */
export async function finish(
  response: ServerResponse,
  fault: Fault | null,
  signal: AbortSignal,
  framing: Framing,
): Promise<void> {
  const how = fault?.act.kind === 'break' ? fault.act.how : null;
  if (how === 'stall') {
    if (!signal.aborted) await once(signal, 'abort');
    return;
  }
  if (how === 'cut' && fault !== null && fault.ordinal % 2 === 0) {
    // What was written must have left before the reset throws the rest away.
    await new Promise<void>((resolve) => response.write('\n', () => resolve()));
    response.socket?.resetAndDestroy();
    return;
  }
  if (how === 'error-event') response.write(framing.overloaded);
  response.end();
}

function framesOf(answer: Answer, framing: Framing, slow: boolean): readonly Frame[] {
  if (!slow) return framing.frames(answer, chunkCharacters);
  const characters = answer.blocks.reduce((sum, block) => sum + block.body.length, 0);
  const frames = framing.frames(answer, Math.max(1, Math.ceil(characters / slowPieces)));
  const missing = slowPieces - frames.filter((frame) => frame.paced).length;
  const idle: Frame = { text: framing.idle, paced: true, block: null };
  return [
    ...frames.slice(0, 1),
    ...Array.from({ length: Math.max(0, missing) }, () => idle),
    ...frames.slice(1),
  ];
}

/** The place in the middle of the last block, which is a tool call where there is one. */
function middleOf(frames: readonly Frame[], answer: Answer): number {
  const last = answer.blocks.length - 1;
  const deltas = frames.flatMap(({ block }, index) => (block === last ? [index] : []));
  return deltas[Math.floor(deltas.length / 2)] ?? 1;
}

async function passed(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
