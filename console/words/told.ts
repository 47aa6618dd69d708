/** What is told of one event. */
import type { EventData, EventType } from '../../contracts/event.js';

export type Tone = 'plain' | 'good' | 'bad' | 'wait';

export interface Told {
  readonly sentence: string;
  readonly tone?: Tone;
  /** What someone said: the model, or a person. */
  readonly detail?: string;
  /** The attempt that begins, from the second on. */
  readonly attempt?: number;
}

/** The title of a call, from when it was planned. */
export type TitleOf = (callId: string) => string;

export type Tellings = {
  readonly [Type in EventType]: (data: EventData[Type], titleOf: TitleOf) => Told;
};

/** What someone said with it, where they did. */
export const said = (text: string | null | undefined): Pick<Told, 'detail'> =>
  text === null || text === undefined || text === '' ? {} : { detail: text };
