/** A JSON value in full, each string apart from its neighbours. */
import { jsonParts } from '../words/visible.js';

export const Json = ({ value }: { readonly value: unknown }) => (
  <pre class="json" dir="ltr">
    {jsonParts(value).map(({ kind, text }) =>
      kind === 'plain' ? (
        text
      ) : (
        <bdi class={kind} dir="ltr">
          {text}
        </bdi>
      ),
    )}
  </pre>
);
