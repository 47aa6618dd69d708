/** Digests: SHA-256 over canonical JSON (RFC 8785), and the key of an effect. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Digest, EffectKey, RunId } from '../contracts/ids.js';

/** Canonical JSON of a JSON value. Throws a TypeError for what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Not a JSON value');
  return text;
}

/** The digest of a JSON value: equal for equal values, whatever the order of their keys. */
export const digestOf = (value: unknown): Digest => sha256Hex(canonicalJson(value)) as Digest;

/** SHA-256 of text as 64 hexadecimal characters. */
export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The hash of a transcript's row: over the hash before it (at first the run's id), role and content. */
export const chainHash = (previous: string, role: string, content: string): string =>
  sha256Hex(`${previous}\n${role}\n${content}`);

/**
 * The key of an effect (DESIGN §7): stable across retries, continue-as-new and reset, because
 * neither an attempt number nor the engine's run id nor the model's call id goes into it.
 */
export function effectKeyOf(
  tenantId: string,
  runId: RunId,
  callSeq: number,
  tool: string,
): EffectKey {
  const parts = ['v1', tenantId, runId, String(callSeq), tool];
  return createHash('sha256').update(parts.join('\n')).digest('base64url') as EffectKey;
}
