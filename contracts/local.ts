/** What the local stack alone answers: its worker can be killed to see that nothing is lost. */

/** One kill, on the wire. Times are RFC 3339. */
export interface KillView {
  readonly pid: number;
  readonly at: string;
  /** The worker that was started in its place; null until then. */
  readonly replacement: { readonly pid: number; readonly at: string } | null;
}

/** `GET /v1/local` */
export interface LocalStackView {
  /** Null while none runs. */
  readonly workerPid: number | null;
  /** Since the gateway started, newest first. */
  readonly kills: readonly KillView[];
}

/** `GET /v1/local/refunds?effectKey=`: what the payments stand-in says. */
export interface LocalRefundsView {
  /** Refunds of the charge that this effect refunds; null where no stand-in answers. */
  readonly refunds: number | null;
}
