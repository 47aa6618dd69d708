/** Principals, their keys and their changes on the wire. */
import type { Permission, Role } from './principal.js';

/** Who asks, as they see themselves. */
export interface MeView {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly labels: readonly string[];
  readonly permissions: readonly Permission[];
  /** The visible part of the key that was sent; null for the local user. */
  readonly keyId: string | null;
}

/** A principal. A revoked one stays as the record of who it was. */
export interface PrincipalView {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly labels: readonly string[];
  readonly revokedAt: string | null;
  readonly links: { readonly self: string; readonly keys: string; readonly changes: string };
}

/** An API key without its secret, which is kept nowhere. */
export interface ApiKeyView {
  /** The eight characters after `belay_`. */
  readonly id: string;
  readonly principalId: string;
  readonly createdAt: string;
  /** To the minute; null before its first use. */
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
  /** Its own revocation, or that of its principal. */
  readonly revokedAt: string | null;
  readonly links: { readonly revocation: string };
}

/** A key that was just made. */
export interface NewApiKeyView extends ApiKeyView {
  /** The whole key, this once; null in the answer to a repeated `Idempotency-Key`. */
  readonly key: string | null;
}

/** What can happen to a principal. */
export const principalActs = ['made', 'changed', 'revoked', 'key-made', 'key-revoked'] as const;
export type PrincipalAct = (typeof principalActs)[number];

/** One change of a principal: written with the change itself, and never again. */
export interface PrincipalChangeView {
  readonly id: number;
  readonly principalId: string;
  readonly act: PrincipalAct;
  /** The admin; null for whoever held the database at a command line. */
  readonly by: string | null;
  readonly reason: string;
  /** As they are after it. */
  readonly roles: readonly Role[];
  readonly labels: readonly string[];
  /** The key that was made or revoked. */
  readonly keyId: string | null;
  readonly at: string;
}
