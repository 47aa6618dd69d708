/** Everything as the API tells it, for those who want to see no words of ours. */
import type { EventView } from '../../contracts/event.js';
import { Fold } from '../parts/fold.js';
import { Json } from '../parts/json.js';
import type { RunFacts } from './use-run.js';

interface RawRunProps {
  readonly facts: RunFacts;
  readonly events: readonly EventView[];
}

export const RawRun = ({ facts: { run, calls, effects }, events }: RawRunProps) => (
  <Fold title="Raw JSON: the run, its calls, effects and events">
    {() => <Json value={{ run, calls, effects, events }} />}
  </Fold>
);
