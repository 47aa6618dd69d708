/** A kill switch: someone holds all effects, those of an agent or those of a tool, until someone lifts it. */

export const switchScopes = ['all', 'agent', 'tool'] as const;
/** What a switch holds. */
export type SwitchScope = (typeof switchScopes)[number];

export const switchStates = ['on', 'lifted'] as const;
export type SwitchState = (typeof switchStates)[number];

/** A kill switch on the wire. A lifted one stays as the record of who did what, and why. */
export interface KillSwitchView {
  readonly id: number;
  readonly state: SwitchState;
  readonly scope: SwitchScope;
  /** The agent or tool; null where everything is meant. */
  readonly name: string | null;
  readonly reason: string;
  readonly setBy: string;
  readonly setAt: string;
  readonly liftedBy: string | null;
  readonly liftReason: string | null;
  readonly liftedAt: string | null;
  readonly links: { readonly lifts: string };
}

/** A page of switches, and whether the one who looks may set and lift them. */
export interface KillSwitchPage {
  readonly data: readonly KillSwitchView[];
  readonly nextCursor: string | null;
  readonly viewer: { readonly canSet: boolean; readonly why: string };
}
