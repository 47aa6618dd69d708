/** Where `http_request` may go by what a URL says, before its host is looked up. */
import type { HttpOrigin } from '../../runtime/http-origins.js';

/** What an operator allows. */
export interface HttpRules {
  readonly origins: readonly HttpOrigin[];
  /** Whether every other public origin may be reached too. */
  readonly allowsPublic: boolean;
}

export interface HttpTarget {
  readonly url: URL;
  /** What the operator says of its origin; null for one that is not named. */
  readonly origin: HttpOrigin | null;
}

export type VettedUrl =
  | ({ readonly kind: 'allowed' } & HttpTarget)
  | { readonly kind: 'refused'; readonly message: string };

/** What an operator says of the origin of a URL; null for another one, or for no URL at all. */
export function originOf(rules: HttpRules, text: string): HttpOrigin | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return rules.origins.find(({ origin }) => origin === url?.origin) ?? null;
}

/**
 * Checks all of a URL but its host's addresses. Only the canonical spelling of origin and path
 * passes: what policy and people judge is what is sent, and nothing hides behind `0x7f.1`, `①`,
 * `/public/../admin` or `%2e`.
 */
export function vetUrl(rules: HttpRules, text: string): VettedUrl {
  if (!URL.canParse(text)) return refused('This is not a URL.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return refused('Only http and https are spoken here.');
  if (url.username !== '' || url.password !== '')
    return refused('A URL with a name or a password in it is not sent.');
  if (!isCanonical(text, url.origin))
    return refused(`Write the origin as ${url.origin}, and nothing else of it.`);
  if (pathIn(text, url.origin) !== url.pathname)
    return refused(`Write the path as ${url.pathname}: what is judged is what is sent.`);
  const origin = originOf(rules, text);
  if (origin !== null) return { kind: 'allowed', url, origin };
  if (!rules.allowsPublic) return refused(notNamed(rules));
  if (url.port !== '') return refused('Only the ports 80 (http) and 443 (https) are reached.');
  return { kind: 'allowed', url, origin };
}

/** The text begins with the origin as `URL` spells it, and the origin ends there. */
const isCanonical = (text: string, origin: string): boolean =>
  text.startsWith(origin) && /^([/?#]|$)/.test(text.slice(origin.length));

/** The path as it is written, up to the query. */
const pathIn = (text: string, origin: string): string =>
  /^[^?#]*/.exec(text.slice(origin.length))?.[0] || '/';

function notNamed({ origins }: HttpRules): string {
  const names = origins.map(({ origin }) => origin).join(', ');
  return names === ''
    ? 'No origin may be reached: an operator names them in HTTP_REQUEST_ORIGINS.'
    : `Only these origins may be reached: ${names}.`;
}

const refused = (message: string): VettedUrl => ({ kind: 'refused', message });
