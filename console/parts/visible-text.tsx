/**
 * The one door for text: every element's text and labels pass here on their way to the page, so no
 * hidden character of a model or a customer is ever shown as nothing.
 */
import { options, type ComponentChild, type VNode } from 'preact';
import { visibleParts, visibleText } from '../words/visible.js';

const labels = ['title', 'aria-label', 'placeholder'] as const;

/** Makes all text that is drawn from now on visible. Called once, before the first drawing. */
export function showHiddenText(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode) => {
    if (typeof vnode.type === 'string' && vnode.type !== 'textarea') {
      const props = vnode.props as Record<string, unknown>;
      if ('children' in props) props['children'] = seen(props['children']);
      for (const label of labels) {
        const text = props[label];
        if (typeof text === 'string') props[label] = visibleText(text);
      }
    }
    before?.(vnode);
  };
}

function seen(children: unknown): unknown {
  if (Array.isArray(children)) return children.map(seen);
  return typeof children === 'string' ? shown(children) : children;
}

function shown(text: string): ComponentChild {
  const parts = visibleParts(text);
  if (!parts.some(({ escaped }) => escaped)) return text;
  return parts.map((part) =>
    part.escaped ? (
      <span class="escape" title="A hidden character">
        {part.text}
      </span>
    ) : (
      part.text
    ),
  );
}
