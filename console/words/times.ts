/** Lengths and points of time as people say them. Pure: now is always given. */

/** A length of time in its two largest units: `340 ms`, `3.2 s`, `2 min 10 s`, `2 d 3 h`. */
export function durationWords(durationMs: number): string {
  const ms = Math.max(0, Math.floor(durationMs));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min');
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const pair = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;

/** How long something goes on, in whole seconds: for what is counted on the page. */
export const countWords = (ms: number): string =>
  ms < 10_000 ? `${Math.max(0, Math.floor(ms / 1_000))} s` : durationWords(ms);

/** How long ago something was. `at` is RFC 3339. */
export function ageWords(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at);
  return ms < 1_000 ? 'just now' : `${countWords(ms)} ago`;
}

/**
 * The time of day, with its date when that is another day than now's.
 * In the reader's own time zone unless one is given.
 */
export function clockWords(at: string, nowMs: number, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat('en-GB', { ...options, ...zone });
  const day = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const instant = new Date(at);
  if (Number.isNaN(instant.getTime())) return 'an unknown time';
  const time = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(instant);
  if (day.format(instant) === day.format(nowMs)) return time;
  return `${format({ day: 'numeric', month: 'short' }).format(instant)}, ${time}`;
}
