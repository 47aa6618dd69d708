/** The origins that `http_request` may reach, as the environment names them: JSON, checked whole. */
import { z } from 'zod';
import { rememberedKeyHours } from '../contracts/retry-policies.js';

/** An origin that an operator vouches for. */
export interface HttpOrigin {
  /** Scheme, host and port, as `URL.origin` spells them. */
  readonly origin: string;
  /** Whether its host may have an address that is not public: loopback, private, carrier-grade NAT. */
  readonly allowPrivate: boolean;
  /** The header in which it takes our key, in lower case; null where it takes none. */
  readonly keyHeader: string | null;
  /** The whole value of `Authorization`. A secret. */
  readonly authorization: string | null;
}

const originText = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}, 'must be scheme, host and port alone, in lower case, such as "https://api.example.com"');

const shape = z
  .strictObject({
    origin: originText,
    allowPrivate: z.boolean().default(false),
    keyHeader: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be the name of a header, in lower case')
      .optional(),
    keyRetentionHours: z.number().optional(),
    authorization: z
      .string()
      .regex(/^[!-~]+ [!-~]{8,4096}$/, 'must be a scheme, a space and a credential')
      .optional(),
  })
  .refine((its) => (its.keyHeader === undefined) === (its.keyRetentionHours === undefined), {
    path: ['keyHeader'],
    message: 'and keyRetentionHours go together',
  })
  .refine(({ keyRetentionHours: hours }) => hours === undefined || hours >= rememberedKeyHours, {
    path: ['keyRetentionHours'],
    message: `must be at least ${rememberedKeyHours}: leave keyHeader out where a service forgets sooner`,
  })
  .transform(({ origin, allowPrivate, keyHeader = null, authorization = null }): HttpOrigin => ({
    origin,
    allowPrivate,
    keyHeader,
    authorization,
  }));

const list = z
  .array(shape)
  .max(100)
  .refine(
    (origins) => new Set(origins.map(({ origin }) => origin)).size === origins.length,
    'names an origin twice',
  );

/** The list as JSON text. What is wrong is told by its place, never by its value. */
export const httpOriginList = z
  .string()
  .default('[]')
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('is not JSON');
      return z.NEVER;
    }
  })
  .pipe(list);
