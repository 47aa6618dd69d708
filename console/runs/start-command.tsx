/** The same start from a terminal. */
import { useMemo, useRef } from 'preact/hooks';
import { apiKey } from '../api/key.js';
import { newKey } from '../api/request.js';
import { announce } from '../parts/announcer.js';
import { Button } from '../parts/button.js';
import { Fold } from '../parts/fold.js';
import { curlFor } from '../words/curl.js';

export function StartCommand({ body }: { readonly body: object }) {
  const source = useRef<HTMLPreElement>(null);
  const key = useMemo(newKey, [JSON.stringify(body)]);
  const withApiKey = apiKey() !== null;
  return (
    <Fold title="The same from a terminal">
      {() => (
        <>
          <pre class="json" ref={source}>
            {curlFor({ origin: location.origin, body, key, withApiKey })}
          </pre>
          <Button kind="quiet" onClick={() => void copy(source.current)}>
            Copy
          </Button>
        </>
      )}
    </Fold>
  );
}

/** Selected where the browser gives no clipboard. */
async function copy(source: HTMLElement | null): Promise<void> {
  if (source === null) return;
  try {
    await navigator.clipboard.writeText(source.textContent);
    announce('Copied.');
  } catch {
    getSelection()?.selectAllChildren(source);
    announce('Selected: copy it with the keyboard.');
  }
}
