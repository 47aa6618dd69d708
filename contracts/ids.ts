/** The branded id types. They are made in `runtime/ids.ts` and parsed at the edges only. */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/**
 * `run_` + uuidv7, or that of another run + `/unwind`: the one that undoes it. It is also the
 * Temporal workflow id of the run.
 */
export type RunId = Branded<'RunId'>;
/** `call_` + uuidv7: one tool call of one turn. */
export type CallId = Branded<'CallId'>;
/** `apr_` + uuidv7: one question put to people. */
export type ApprovalId = Branded<'ApprovalId'>;
/** `dec_` + uuidv7: one person's answer. */
export type DecisionId = Branded<'DecisionId'>;
/** `grt_` + uuidv7: leave that people give beforehand. */
export type GrantId = Branded<'GrantId'>;
/** 43 characters of base64url: the digest of tenant, run, call sequence and tool (DESIGN §7). */
export type EffectKey = Branded<'EffectKey'>;
/** 64 hexadecimal characters: SHA-256 of canonical JSON (RFC 8785). */
export type Digest = Branded<'Digest'>;
