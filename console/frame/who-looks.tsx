/** As whom the gateway knows the reader: every decision is made in this name. */
import { isKeyOffered } from '../api/connection.js';
import { apiKey } from '../api/key.js';
import { useViewer } from '../api/viewer.js';
import { Button } from '../parts/button.js';
import { forgetKey } from './key-panel.js';

export function WhoLooks() {
  const viewer = useViewer();
  if (viewer === null) return <span class="motto">A human hand on the rope</span>;
  const { id, roles, labels } = viewer;
  return (
    <span class="who">
      <span title={[...roles, ...labels].join(', ')}>
        You are <strong>{id}</strong>
      </span>
      {apiKey() === null ? (
        <Button kind="quiet" onClick={() => isKeyOffered.set(true)}>
          Use an API key
        </Button>
      ) : (
        <Button kind="quiet" onClick={forgetKey}>
          Forget the API key
        </Button>
      )}
    </span>
  );
}
