/** Two values side by side, field by field, with what differs marked. */
import { changeOf, differencesOf } from '../words/differences.js';

interface ComparisonProps {
  /** What the table is about, for those who do not see it. */
  readonly caption: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly beforeTitle: string;
  readonly afterTitle: string;
}

export function Comparison({ caption, before, after, beforeTitle, afterTitle }: ComparisonProps) {
  return (
    <table class="comparison">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">{beforeTitle}</th>
          <th scope="col">{afterTitle}</th>
        </tr>
      </thead>
      <tbody>
        {differencesOf(before, after).map((row) => (
          <tr key={row.path} class={row.isChanged ? 'is-changed' : ''}>
            <th scope="row">
              {row.label}
              {row.isChanged && <span class="mark">changed</span>}
            </th>
            <Sides {...row} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface SidesProps {
  readonly before: string | null;
  readonly after: string | null;
}

function Sides({ before, after }: SidesProps) {
  if (before === null || after === null || before === after) {
    return (
      <>
        <Side text={before} />
        <Side text={after} />
      </>
    );
  }
  const change = changeOf(before, after);
  return (
    <>
      <td dir="auto">
        {change.start}
        <del>{change.before}</del>
        {change.end}
      </td>
      <td dir="auto">
        {change.start}
        <ins>{change.after}</ins>
        {change.end}
      </td>
    </>
  );
}

const Side = ({ text }: { readonly text: string | null }) => (
  <td dir="auto">{text ?? <span class="small">not there</span>}</td>
);
