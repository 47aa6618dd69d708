/** Links: within the console without loading it again, and outwards only over http. */
import type { ComponentChildren } from 'preact';

/** Opens in a tab of its own. Nothing for an address that is not http. */
export function OutwardLink({
  href,
  children,
}: {
  readonly href: string;
  readonly children: ComponentChildren;
}) {
  if (!URL.canParse(href) || !/^https?:$/.test(new URL(href).protocol)) return null;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
