/** The arguments of a call: readable first, and exactly as they would be sent. */
import { Fold } from '../parts/fold.js';
import { Json } from '../parts/json.js';
import { Comparison } from '../parts/comparison.js';
import { Quote } from '../parts/quote.js';
import { isSame } from '../words/differences.js';
import { readableFields } from '../words/readable.js';

interface ArgumentsProps {
  readonly tool: string;
  readonly args: unknown;
  readonly originalArgs: unknown;
}

export function Arguments({ tool, args, originalArgs }: ArgumentsProps) {
  const isChanged = !isSame(args, originalArgs);
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
        <div>
          <p class="small">A person changed what the model had proposed:</p>
          <Comparison
            caption="What a person changed"
            before={originalArgs}
            after={args}
            beforeTitle="The model"
            afterTitle="Now"
          />
        </div>
      )}
    </div>
  );
}
