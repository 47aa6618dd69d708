/** A part of a page with a heading, by which it is found and which can take the focus. */
import type { ComponentChildren } from 'preact';

interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly children: ComponentChildren;
}

export const Section = ({ id, title, children }: SectionProps) => (
  <section aria-labelledby={id}>
    <h2 id={id} tabIndex={-1}>
      {title}
    </h2>
    {children}
  </section>
);

/** Gives the focus to a heading, where what held it has gone. */
export const focusOn = (id: string): void => document.getElementById(id)?.focus();
