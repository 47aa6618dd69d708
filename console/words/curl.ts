/** The shell command that does the same as the page. Pure. */

export interface StartRequest {
  readonly origin: string;
  readonly body: unknown;
  readonly key: string;
  readonly withApiKey: boolean;
}

/** Starts the same run; safe to paste whatever the message holds. */
export function curlFor({ origin, body, key, withApiKey }: StartRequest): string {
  return [
    `curl -sS ${quote(`${origin}/v1/runs`)}`,
    ...(withApiKey ? ['-H "authorization: Bearer $BELAY_API_KEY"'] : []),
    `-H 'content-type: application/json'`,
    `-H ${quote(`idempotency-key: ${key}`)}`,
    `-d ${quote(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}

/** One word for a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
