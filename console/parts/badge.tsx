/** A status as a word in a pill. The colour says nothing that the word does not. */

export const Badge = ({ status }: { readonly status: string }) => (
  <span class={`badge is-${status}`}>{status}</span>
);
