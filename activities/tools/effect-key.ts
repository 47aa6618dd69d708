/** The effect key of a call that changes something. */
import type { EffectKey } from '../../contracts/ids.js';
import type { ToolContext } from '../tool.js';

/** The key of this effect. Throws where a tool that writes was run without one: nothing was sent. */
export function requireEffectKey(context: ToolContext): EffectKey {
  if (context.effectKey === null) throw new TypeError('A tool that writes was run without a key');
  return context.effectKey;
}
