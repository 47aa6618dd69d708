/** Says that kill switches are on: what they hold, who set them, since when and why. */
import type { KillSwitchView } from '../../contracts/kill-switch.js';
import { serverNow } from '../api/clock.js';
import { switchesPath } from '../words/routes.js';
import { heldSentence } from '../words/switches.js';

/** More than these are only counted. */
const mostNamed = 3;

export function SwitchBanner({ switches }: { readonly switches: readonly KillSwitchView[] }) {
  const more = switches.length - mostNamed;
  return (
    <div class="stops" role="status">
      {switches.slice(0, mostNamed).map((its) => (
        <p key={its.id}>
          <strong>{heldSentence(its, serverNow())}</strong> <q>{its.reason}</q>{' '}
          <a href={switchesPath}>Kill switches</a>
        </p>
      ))}
      {more > 0 && <p>And {more} more.</p>}
    </div>
  );
}
