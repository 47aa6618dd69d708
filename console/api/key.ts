/** The reader's API key: of this tab, until it is closed. The local stack needs none. */

const name = 'belay-api-key';

export const apiKey = (): string | null => sessionStorage.getItem(name);

/** Null forgets it. */
export function setApiKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(name);
  else sessionStorage.setItem(name, key);
}

export function authorization(): Readonly<Record<string, string>> {
  const key = apiKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
}
