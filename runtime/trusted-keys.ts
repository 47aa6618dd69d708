/** The public keys that a worker trusts, as text names them: a JSON object from key id to key. */
import { z } from 'zod';
import { refusalOf, type PublicKey } from './public-key.js';

const maxKeys = 100;

/**
 * The keys of the JSON text. None at all is a set, too: it trusts nobody. What is wrong is told by
 * the key's id.
 */
export const trustedKeys = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('is not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.string()))
  .transform((keys, context): readonly PublicKey[] => {
    const all = Object.entries(keys).map(([keyId, key]) => ({ keyId, key }));
    if (all.length > maxKeys) context.addIssue(`names more than ${maxKeys} keys`);
    for (const each of all.slice(0, maxKeys)) {
      const refusal = refusalOf(each);
      if (refusal !== null)
        context.addIssue({ code: 'custom', message: refusal, path: [each.keyId] });
    }
    return all;
  });

/** The text that names these keys. */
export const trustedKeysText = (keys: readonly PublicKey[]): string =>
  `${JSON.stringify(Object.fromEntries(keys.map(({ keyId, key }) => [keyId, key])), null, 2)}\n`;
