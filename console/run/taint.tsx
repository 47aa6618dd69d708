/** Says that a run has read what strangers wrote, and what follows from it. */
import type { EventView } from '../../contracts/event.js';
import { Clock } from '../parts/times.js';
import { taintOf } from '../words/alarms.js';

export function Taint({ events }: { readonly events: readonly EventView[] }) {
  const taint = taintOf(events);
  if (taint === null) return null;
  return (
    <p class="tainted">
      <strong>Tainted</strong> since <Clock at={taint.at} />: it has read what strangers wrote (
      <code>{taint.tool}</code>). What its rules would allow asks a person from there on.
    </p>
  );
}
