/** Asks for an API key where the gateway wants one, and lets go of it again. */
import { useState } from 'preact/hooks';
import { isKeyWanted } from '../api/connection.js';
import { apiKey, setApiKey } from '../api/key.js';
import { useStore } from '../api/store.js';
import { Button } from '../parts/button.js';

const usableKey = /^[\x21-\x7e]+$/;

export function KeyPanel() {
  const isWanted = useStore(isKeyWanted);
  if (isWanted) return <KeyForm wasRefused={apiKey() !== null} />;
  if (apiKey() === null) return null;
  const forget = (): void => {
    setApiKey(null);
    location.reload();
  };
  return (
    <div class="key">
      <Button kind="quiet" onClick={forget}>
        Forget the API key
      </Button>
    </div>
  );
}

function KeyForm({ wasRefused }: { readonly wasRefused: boolean }) {
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
          The gateway wants a key. It is kept in this tab only, until it is closed.
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
      </div>
    </form>
  );
}
