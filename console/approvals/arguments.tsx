/** The arguments of a call: readable first, and exactly as they would be sent. */
import { Fold } from '../parts/fold.js';
import { Json } from '../parts/json.js';
import { Quote } from '../parts/quote.js';
import { readableFields } from '../words/readable.js';

interface ArgumentsProps {
  readonly tool: string;
  readonly args: unknown;
  readonly originalArgs: unknown;
}

export function Arguments({ tool, args, originalArgs }: ArgumentsProps) {
  const isChanged = JSON.stringify(args) !== JSON.stringify(originalArgs);
  return (
    <div class="arguments">
      <dl>
        {readableFields(args).map(({ label, value, isLong }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd dir="auto">{isLong ? <Quote text={value} /> : value}</dd>
          </div>
        ))}
      </dl>
      <Fold title={`Exactly as ${tool} would get it`}>{() => <Json value={args} />}</Fold>
      {isChanged && (
        <Fold title="A person changed these. What the model had proposed">
          {() => <Json value={originalArgs} />}
        </Fold>
      )}
    </div>
  );
}
