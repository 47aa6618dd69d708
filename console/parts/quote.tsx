/** Someone's own words: line breaks kept, and apart from what stands beside them. */

export const Quote = ({ text }: { readonly text: string }) => (
  <blockquote dir="auto">{text}</blockquote>
);
