/** What a grant was used for: each use with the run that made the call. */
import type { GrantUseView, GrantView } from '../../contracts/grant.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { ProblemBox } from '../parts/problem-box.js';
import { Clock } from '../parts/times.js';
import { runPath } from '../words/routes.js';

interface GrantUsesProps {
  readonly grant: GrantView;
}

export function GrantUses({ grant: { links } }: GrantUsesProps) {
  const { data, problem } = usePolled(links.uses, () =>
    get<{ readonly data: readonly GrantUseView[] }>(links.uses),
  );
  return (
    <>
      <ProblemBox problem={problem} />
      {data?.data.length === 0 && <p class="empty">Nothing yet.</p>}
      <ul class="plain">
        {data?.data.map((use) => (
          <li key={use.effectKey}>
            <a href={runPath(use.runId)}>{use.runId}</a> <Became use={use} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** A use is reserved, then sent; or freed, where nothing was sent after all. */
const Became = ({ use: { reservedAt, dispatchedAt, freedAt } }: { readonly use: GrantUseView }) => {
  if (dispatchedAt !== null) {
    return (
      <>
        sent at <Clock at={dispatchedAt} />
      </>
    );
  }
  return freedAt === null ? (
    <>
      reserved at <Clock at={reservedAt} />
    </>
  ) : (
    <>
      given back at <Clock at={freedAt} />: nothing was sent
    </>
  );
};
