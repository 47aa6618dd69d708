/** A standing grant: leave that people give beforehand for a bounded number of calls. */
import type { CallId, Digest, EffectKey, GrantId, RunId } from './ids.js';

/** What is voted on. Its digest is what each vote signs: nothing of it can change afterwards. */
export interface GrantTerms {
  readonly agent: string;
  readonly tool: string;
  /** The rule that would ask, and the digest of its content: another rule asks again. */
  readonly rule: string;
  readonly ruleDigest: Digest;
  /** The digest of the tool as the agent version pins it: another tool asks again. */
  readonly toolDigest: Digest;
  /** CEL over what rules see; true for every call of the rule when it is `true`. */
  readonly when: string;
  readonly uses: number;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** What a vote for a grant says, word for word as it is signed. */
export type GrantVoteBody = {
  readonly tenantId: string;
  readonly grantId: GrantId;
  readonly termsDigest: Digest;
  readonly by: string;
  /** Postgres's clock, RFC 3339. */
  readonly at: string;
};

export const grantStatuses = ['proposed', 'active', 'used-up', 'expired', 'revoked'] as const;
export type GrantStatus = (typeof grantStatuses)[number];

/** One use of a grant on the wire. */
export interface GrantUseView {
  readonly effectKey: EffectKey;
  readonly runId: RunId;
  readonly callId: CallId;
  readonly reservedAt: string;
  readonly dispatchedAt: string | null;
  readonly freedAt: string | null;
}

/** A grant on the wire. */
export interface GrantView extends GrantTerms {
  readonly id: GrantId;
  readonly termsDigest: Digest;
  readonly status: GrantStatus;
  readonly reason: string;
  /** Uses that are taken: reserved or carried out. */
  readonly used: number;
  /** Who the rule demands. */
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly votes: readonly { readonly by: string; readonly at: string }[];
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly activeAt: string | null;
  readonly revokedAt: string | null;
  readonly revokedBy: string | null;
  readonly revokeReason: string | null;
  readonly viewer: {
    readonly canVote: boolean;
    readonly canRevoke: boolean;
    readonly why: string;
  };
  readonly links: {
    readonly self: string;
    readonly votes: string;
    readonly revocation: string;
    readonly uses: string;
  };
}
