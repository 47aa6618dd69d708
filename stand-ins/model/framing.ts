/** How an answer is written down: the pieces of a stream, and the message where nothing is streamed. */
import type { Answer } from './answer.js';

/** One piece of a stream, as it goes over the wire. */
export interface Frame {
  readonly text: string;
  /** A slow answer waits before it. */
  readonly paced: boolean;
  /** The block of the answer that it belongs to. */
  readonly block: number | null;
}

/** What an API makes of an answer. */
export interface Framing {
  /** The pieces of a stream, each of at most `size` characters of content. */
  readonly frames: (answer: Answer, size: number) => readonly Frame[];
  /** A piece that says nothing, to pass the time. */
  readonly idle: string;
  /** The piece that says, in the middle of a stream, that the model is overloaded. */
  readonly overloaded: string;
  /** The whole message. */
  readonly message: (answer: Answer) => unknown;
}

/** Never splits a surrogate pair: half a character cannot be sent in UTF-8. */
export function piecesOf(text: string, size: number): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size) {
    pieces.push(characters.slice(at, at + size).join(''));
  }
  return pieces;
}
