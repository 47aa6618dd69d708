/** The keyboard of one question: only while the focus is on it, and never with one key alone. */
import { useState } from 'preact/hooks';
import type { DecisionKind } from '../../contracts/approval.js';
import type { Decision } from './use-decision.js';
import type { Seen } from './use-seen.js';
import { strokeOf, type Armed } from './shortcuts.js';

interface ShortcutsOptions {
  readonly seen: Seen;
  readonly decision: Decision;
  /** The answers that keys may give now: none where several questions are shown. */
  readonly offered: readonly DecisionKind[];
  readonly onEdit: () => void;
}

export interface Shortcuts {
  /** The answer that Enter would send. */
  readonly armed: DecisionKind | null;
  readonly onKeyDown: (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => void;
  readonly onFocusOut: (event: FocusEvent & { readonly currentTarget: HTMLElement }) => void;
}

const fields = 'input, textarea, select, [contenteditable]';

export function useShortcuts(options: ShortcutsOptions): Shortcuts {
  const { seen, decision, offered, onEdit } = options;
  const [armed, setArmed] = useState<Armed | null>(null);
  const { argsDigest } = seen;

  const begin = (kind: DecisionKind): void => {
    setArmed(null);
    if (kind === 'edit') onEdit();
    else if (!decision.message.findLacking(kind)) setArmed({ decision: kind, argsDigest });
  };
  const onKeyDown: Shortcuts['onKeyDown'] = (event) => {
    const { key, ctrlKey, altKey, metaKey, isComposing, repeat, target, currentTarget } = event;
    const stroke = strokeOf(armed, {
      key,
      isOther: ctrlKey || altKey || metaKey || isComposing,
      isRepeat: repeat,
      isTyping: target instanceof Element && target.matches(fields),
      argsDigest,
      offered,
    });
    if (stroke.kind === 'nothing') return;
    // Escape, too, would otherwise do what the browser does with it.
    if (stroke.kind !== 'disarm' || key === 'Escape' || key === 'Enter') event.preventDefault();
    if (stroke.kind === 'leave-field') currentTarget.focus();
    else if (stroke.kind === 'begin') begin(stroke.decision);
    else {
      setArmed(null);
      if (stroke.kind === 'send') void decision.decide(stroke.decision);
    }
  };
  const isArmed = armed !== null && armed.argsDigest === argsDigest;
  return {
    armed: isArmed && offered.includes(armed.decision) ? armed.decision : null,
    onKeyDown,
    onFocusOut: ({ relatedTarget, currentTarget }) => {
      if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setArmed(null);
    },
  };
}
