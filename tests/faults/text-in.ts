/** Everything that is text, or bytes read as text, wherever in a value it lies. */
export function textIn(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(textIn).join('\n');
}
