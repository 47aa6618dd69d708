/** As whom the gateway knows the reader: every decision is made in this name. */
import { useViewer } from '../api/viewer.js';

export function WhoLooks() {
  const viewer = useViewer();
  if (viewer === null) return <span class="motto">A human hand on the rope</span>;
  const { id, roles, labels } = viewer;
  return (
    <span class="motto" title={[...roles, ...labels].join(', ')}>
      You are <strong>{id}</strong>
    </span>
  );
}
