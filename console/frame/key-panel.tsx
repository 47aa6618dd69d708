/** Asks for an API key, where the gateway wants one or the reader has one. */
import { useState } from 'preact/hooks';
import { isKeyOffered, isKeyWanted } from '../api/connection.js';
import { apiKey, setApiKey } from '../api/key.js';
import { useStore } from '../api/store.js';
import { Button } from '../parts/button.js';

const usableKey = /^[\x21-\x7e]+$/;

export function KeyPanel() {
  const isWanted = useStore(isKeyWanted);
  const isOffered = useStore(isKeyOffered);
  if (isWanted) return <KeyForm wasRefused={apiKey() !== null} isNeeded />;
  return isOffered ? <KeyForm wasRefused={false} isNeeded={false} /> : null;
}

/** Goes on as whoever needs no key here, or asks for one. */
export function forgetKey(): void {
  setApiKey(null);
  location.reload();
}

interface KeyFormProps {
  readonly wasRefused: boolean;
  /** False where the page could be used without one. */
  readonly isNeeded: boolean;
}

function KeyForm({ wasRefused, isNeeded }: KeyFormProps) {
  const [typed, setTyped] = useState('');
  const [said, setSaid] = useState(wasRefused ? 'The key that was given is not valid here.' : '');
  const submit = (event: Event): void => {
    event.preventDefault();
    const key = typed.trim();
    if (!usableKey.test(key)) {
      setSaid('A key is one word of plain letters, digits and signs.');
      return;
    }
    setApiKey(key);
    location.reload();
  };
  return (
    <form class="key card" onSubmit={submit}>
      <div class="field">
        <label for="api-key">API key</label>
        <input
          id="api-key"
          type="password"
          autoComplete="off"
          required
          aria-describedby="api-key-help"
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <p id="api-key-help" class="small">
          {isNeeded ? 'The gateway wants a key. ' : 'You act in the name of its owner. '}
          It is kept in this tab only, until it is closed.
        </p>
      </div>
      {said !== '' && (
        <p class="invalid" role="alert">
          {said}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="primary">
          Use this key
        </button>
        {wasRefused && <Button onClick={forgetKey}>Forget the API key</Button>}
        {!isNeeded && <Button onClick={() => isKeyOffered.set(false)}>Not now</Button>}
      </div>
    </form>
  );
}
