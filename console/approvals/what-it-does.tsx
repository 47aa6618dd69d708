/** What a call will do, as its tool says it; and what of it is new where people are asked again. */
import type { ApprovalView } from '../../contracts/approval.js';
import type { Preview } from '../../contracts/preview.js';
import { comparePreviews, reversibilityWords } from '../words/previews.js';

interface WhatItDoesProps {
  readonly preview: ApprovalView['preview'];
}

export function WhatItDoes({ preview: { state, now, earlier } }: WhatItDoesProps) {
  if (state === 'none') return null;
  if (state === 'pending') {
    return <p class="wait">What it will do is being looked up. A yes has to wait for that.</p>;
  }
  if (state === 'failed' || now === null) {
    return <p class="wait">What it will do could not be looked up: judge by the arguments.</p>;
  }
  return (
    <div class="preview">
      <p class="sentence">{now.sentence}</p>
      {now.changes.length > 0 && <Changes preview={now} />}
      <p class="small">
        {reversibilityWords[now.reversibility]}
        {now.cost !== null && ` It costs ${now.cost}.`}
      </p>
      {earlier !== null && <SinceEarlier earlier={earlier} now={now} />}
    </div>
  );
}

const Changes = ({ preview: { changes } }: { readonly preview: Preview }) => (
  <table class="comparison">
    <caption class="unseen">What it changes</caption>
    <thead>
      <tr>
        <th scope="col">What</th>
        <th scope="col">Is now</th>
        <th scope="col">Will be</th>
      </tr>
    </thead>
    <tbody>
      {changes.map(({ what, before, after }) => (
        <tr key={what}>
          <th scope="row">{what}</th>
          <td dir="auto">{before ?? '—'}</td>
          <td dir="auto">{after ?? '—'}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

interface SinceEarlierProps {
  readonly earlier: Preview;
  readonly now: Preview;
}

/** People had said yes to something that is true no more: what is different about it. */
const SinceEarlier = ({ earlier, now }: SinceEarlierProps) => (
  <>
    <p class="wait">It was approved once, and then the world changed. So you are asked again:</p>
    <table class="comparison">
      <caption class="unseen">What was shown before, and what is true now</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Shown before</th>
          <th scope="col">Now</th>
        </tr>
      </thead>
      <tbody>
        {comparePreviews(earlier, now).map(({ what, earlier: was, now: is, isChanged }) => (
          <tr key={what} class={isChanged ? 'is-changed' : ''}>
            <th scope="row">
              {what}
              {isChanged && <span class="mark">changed</span>}
            </th>
            <td dir="auto">{isChanged ? <del>{was}</del> : was}</td>
            <td dir="auto">{isChanged ? <ins>{is}</ins> : is}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </>
);
