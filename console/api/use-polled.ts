/** What an answer of the API is at this moment: asked again while it is looked at. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ProblemFields } from '../words/problems.js';
import { startPoll, type Poll } from './poll.js';
import { problemOf } from './request.js';

export interface Polled<Data> {
  /** The last good answer; null before the first. A problem leaves it in place. */
  readonly data: Data | null;
  readonly problem: ProblemFields | null;
  /** Asks at once: right after an action, or when news has come. */
  readonly refresh: () => void;
}

interface Answered<Data> {
  readonly name: string;
  readonly data: Data | null;
  readonly problem: ProblemFields | null;
}

/**
 * Polls `load`. `name` says what is loaded: another name starts anew. What is settled is asked for
 * no more until it is refreshed.
 */
export function usePolled<Data>(
  name: string,
  load: () => Promise<Data>,
  isSettled: (data: Data) => boolean = () => false,
): Polled<Data> {
  const [answered, setAnswered] = useState<Answered<Data>>({ name, data: null, problem: null });
  const poll = useRef<Poll | null>(null);
  const rests = useRef(false);
  const latest = useRef({ load, isSettled });
  latest.current = { load, isSettled };
  useEffect(() => {
    let isOver = false;
    rests.current = false;
    const started = startPoll(async () => {
      if (rests.current) return;
      const result = await latest.current.load().then(
        (data) => ({ data, problem: null }),
        (error: unknown) => ({ data: null, problem: problemOf(error) }),
      );
      if (isOver) return;
      if (result.problem === null) rests.current = latest.current.isSettled(result.data);
      setAnswered((before) => ({
        name,
        data: result.data ?? (before.name === name ? before.data : null),
        problem: result.problem,
      }));
    });
    poll.current = started;
    return () => {
      isOver = true;
      started.stop();
    };
  }, [name]);
  const refresh = useRef(() => {
    rests.current = false;
    poll.current?.now();
  }).current;
  const isCurrent = answered.name === name;
  return {
    data: isCurrent ? answered.data : null,
    problem: isCurrent ? answered.problem : null,
    refresh,
  };
}
