/** The heading of a page. It has the focus when the page is opened from another one. */
import type { ComponentChildren } from 'preact';

export const pageTitleId = 'page-title';

export const PageTitle = ({ children }: { readonly children: ComponentChildren }) => (
  <h1 id={pageTitleId} tabIndex={-1}>
    {children}
  </h1>
);
