/** A parked effect: nobody knows whether it happened, and a person says what was found out. */
import type { CallView } from '../../contracts/call.js';
import type { EffectView } from '../../contracts/effect.js';
import { Json } from '../parts/json.js';
import { titleWords } from '../words/runs.js';
import { ResolutionForm } from './resolution-form.js';

interface ParkedEffectProps {
  readonly effect: EffectView;
  readonly call: CallView | null;
  readonly onResolved: () => void;
}

export const ParkedEffect = ({ effect: { key, tool }, call, onResolved }: ParkedEffectProps) => (
  <article class="card is-parked" aria-labelledby={`parked-${key}`}>
    <header>
      <h3 id={`parked-${key}`}>{call === null ? tool : titleWords(call)}</h3>
    </header>
    <p>
      It is not known whether this happened: it was sent, and no clear answer came. It is never
      repeated by itself. Look into the service, then say what you found.
    </p>
    <p class="small">
      Its key in the service: <code>{key}</code>
    </p>
    {call !== null && <Json value={call.args} />}
    <ResolutionForm effectKey={key} onResolved={onResolved} />
  </article>
);
