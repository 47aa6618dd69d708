/** When a service says to come back. */

/** `retry-after-ms`, else `retry-after` in seconds or as a date, in milliseconds from now. */
export function retryAfterOf(headers: Headers | undefined): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (milliseconds >= 0) return Math.ceil(milliseconds);
  const text = headers?.get('retry-after') ?? '';
  const seconds = Number(text === '' ? Number.NaN : text);
  if (seconds >= 0) return Math.ceil(seconds * 1_000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
