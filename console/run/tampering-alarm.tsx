/** The alarm: what stands in the database does not fit what was signed. Above everything else. */
import type { CallView } from '../../contracts/call.js';
import type { EventView } from '../../contracts/event.js';
import { tamperingsOf } from '../words/alarms.js';

interface TamperingAlarmProps {
  readonly events: readonly EventView[];
  readonly calls: readonly CallView[];
}

export const TamperingAlarm = ({ events, calls }: TamperingAlarmProps) => (
  <div role="alert">
    {tamperingsOf(events, calls).map(({ callId, title, findings }) => (
      <div class="alarm" key={callId}>
        <p>
          <strong>Somebody changed the database: {title}</strong>
        </p>
        <p>
          What stands there does not fit what was signed, so nothing was sent. Stop the agent with a
          kill switch, and follow <code>docs/runbooks/tampering.md</code>.
        </p>
        {findings.length > 0 && (
          <ul>
            {findings.map((finding) => (
              <li key={finding}>{finding}</li>
            ))}
          </ul>
        )}
      </div>
    ))}
  </div>
);
