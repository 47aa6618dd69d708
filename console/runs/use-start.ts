/** Starts a run however long the gateway does not answer: one click, one key, one run. */
import { useState } from 'preact/hooks';
import type { RunView } from '../../contracts/run.js';
import { lostSince, untilAnswering } from '../api/connection.js';
import { navigate } from '../api/location.js';
import { act, problemOf } from '../api/request.js';
import { useStore } from '../api/store.js';
import type { ProblemFields } from '../words/problems.js';
import { runPath } from '../words/routes.js';

interface Start {
  readonly start: (body: object) => Promise<void>;
  readonly isStarting: boolean;
  /** How it stands, for the one who waits. */
  readonly said: string;
  readonly problem: ProblemFields | null;
}

export function useStart(): Start {
  const [isStarting, setStarting] = useState(false);
  const [problem, setProblem] = useState<ProblemFields | null>(null);
  const isLost = useStore(lostSince) !== null;
  const start = async (body: object): Promise<void> => {
    setStarting(true);
    setProblem(null);
    try {
      const { id } = await startOnce(body);
      navigate(runPath(id));
    } catch (error) {
      setProblem(problemOf(error));
      setStarting(false);
    }
  };
  const later = isLost ? ' The gateway does not answer; this is sent as soon as it does.' : '';
  return { start, isStarting, said: isStarting ? `Starting…${later}` : '', problem };
}

async function startOnce(body: object): Promise<RunView> {
  for (;;) {
    try {
      return await act<RunView>('/v1/runs', body);
    } catch (error) {
      if (problemOf(error).code !== 'connection-lost') throw error;
      await untilAnswering();
    }
  }
}
