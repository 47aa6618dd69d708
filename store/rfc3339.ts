/** Times within JSON that Postgres builds, as they leave it everywhere else. */

/** SQL that gives a timestamptz column as RFC 3339 in UTC, with milliseconds. */
export const rfc3339 = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
