/** What rules see. */
import type { EffectClass } from '../contracts/effect.js';

/** One call, as its judge sees it. */
export interface PolicyInputs {
  readonly tool: { readonly name: string; readonly effect: EffectClass };
  readonly args: unknown;
  readonly run: {
    readonly id: string;
    readonly agent: string;
    readonly requester: string;
    readonly turn: number;
  };
  readonly tenant: { readonly id: string };
}
