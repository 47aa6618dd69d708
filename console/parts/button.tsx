/** A button that stays focusable while its work is under way, and does nothing meanwhile. */
import type { ComponentChildren } from 'preact';

interface ButtonProps {
  readonly kind?: 'primary' | 'danger' | 'quiet' | 'plain';
  readonly isBusy?: boolean;
  readonly describedBy?: string;
  /** The key that begins the same; shown on the button. */
  readonly shortcut?: string | null;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

export const Button = ({ shortcut = null, ...props }: ButtonProps) => (
  <button
    type="button"
    class={props.kind ?? 'plain'}
    aria-disabled={props.isBusy === true ? 'true' : undefined}
    aria-describedby={props.describedBy}
    aria-keyshortcuts={shortcut ?? undefined}
    onClick={() => {
      if (props.isBusy !== true) props.onClick();
    }}
  >
    {props.children}
    {shortcut !== null && <kbd aria-hidden="true">{shortcut}</kbd>}
  </button>
);
