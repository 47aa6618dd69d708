/** Streams an answer as server-sent events: whole, slowly, cut in the middle, or stalled. */
import { setTimeout as delay } from 'node:timers/promises';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { openingOf, type Answer, type AnswerBlock } from './answer.js';
import type { Fault } from './faults.js';

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

interface Frame {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Frames that a slow answer waits before. */
  readonly paced: boolean;
  readonly block: number | null;
}

/** Sends the answer. Resolves when it was sent, cut or given up, also when the peer is gone. */
export async function streamAnswer(
  response: ServerResponse,
  answer: Answer,
  delivery: Delivery,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, delivery.signal]);
  const frames = framesOf(answer, delivery.pauseMs !== null);
  const kept = delivery.fault === null ? frames : frames.slice(0, middleOf(frames, answer));
  for (const frame of kept) {
    if (delivery.pauseMs !== null && frame.paced) {
      if (!(await passed(delivery.pauseMs, signal))) return;
    }
    response.write(`event: ${frame.event}\ndata: ${JSON.stringify(frame.data)}\n\n`);
  }
  await finish(response, delivery.fault, signal);
}

/** Ends a response as its fault wants it ended. The next cut after a reset is a clean end. */
export async function finish(
  response: ServerResponse,
  fault: Fault | null,
  signal: AbortSignal,
): Promise<void> {
  if (fault?.name === 'stall') {
    if (!signal.aborted) await once(signal, 'abort');
    return;
  }
  if (fault?.name === 'cut-stream' && fault.ordinal % 2 === 0) {
    // What was written must have left before the reset throws the rest away.
    await new Promise<void>((resolve) => response.write('\n', () => resolve()));
    response.socket?.resetAndDestroy();
    return;
  }
  response.end();
}

function framesOf(answer: Answer, slow: boolean): Frame[] {
  const characters = answer.blocks.reduce((sum, block) => sum + block.body.length, 0);
  const size = slow ? Math.max(1, Math.ceil(characters / slowPieces)) : chunkCharacters;
  const content = answer.blocks.flatMap((block, index) => blockFrames(block, index, size));
  const missing = slow ? slowPieces - content.filter((frame) => frame.paced).length : 0;
  return [
    frame('message_start', { message: openingOf(answer) }),
    ...content.slice(0, 1),
    frame('ping', {}),
    ...Array.from({ length: Math.max(0, missing) }, () => frame('ping', {}, true)),
    ...content.slice(1),
    frame('message_delta', {
      delta: { stop_reason: answer.stopReason, stop_sequence: null },
      usage: answer.usage,
    }),
    frame('message_stop', {}),
  ];
}

function blockFrames({ head, body }: AnswerBlock, index: number, size: number): Frame[] {
  const isText = head.type === 'text';
  const delta = (text: string, paced: boolean) =>
    frame(
      'content_block_delta',
      {
        index,
        delta: isText ? { type: 'text_delta', text } : inputDelta(text),
      },
      paced,
      index,
    );
  return [
    frame('content_block_start', {
      index,
      content_block: isText ? { ...head, text: '' } : { ...head, input: {} },
    }),
    // The API opens the input of a tool with an empty piece.
    ...(isText ? [] : [delta('', false)]),
    ...piecesOf(body, size).map((piece) => delta(piece, true)),
    frame('content_block_stop', { index }),
  ];
}

const inputDelta = (text: string) => ({ type: 'input_json_delta', partial_json: text });

/** Never splits a surrogate pair: half a character cannot be sent in UTF-8. */
function piecesOf(text: string, size: number): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size) {
    pieces.push(characters.slice(at, at + size).join(''));
  }
  return pieces;
}

const frame = (
  event: string,
  data: Readonly<Record<string, unknown>>,
  paced = false,
  block: number | null = null,
): Frame => ({ event, data: { type: event, ...data }, paced, block });

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
