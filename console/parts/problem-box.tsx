/** What went wrong, and the way out. Nothing when nothing did. */
import { isQuiet, type ProblemFields } from '../words/problems.js';

interface ProblemBoxProps {
  readonly problem: ProblemFields | null;
  /** What it means here, in place of what the gateway says in general. */
  readonly sentence?: string | null;
}

export function ProblemBox({ problem, sentence }: ProblemBoxProps) {
  if (problem === null || isQuiet(problem)) return null;
  const { title, detail, hint, requestId, errors = [] } = problem;
  return (
    <div class="problem" role="alert">
      <strong>{title}</strong>
      {(sentence ?? detail) && <p>{sentence ?? detail}</p>}
      {errors.length > 0 && (
        <ul>
          {errors.map((error) => (
            <li key={error.pointer}>
              <code>{error.pointer}</code> {error.detail}
            </li>
          ))}
        </ul>
      )}
      {!sentence && hint && <p class="hint">{hint}</p>}
      {requestId && <p class="small">Request {requestId}</p>}
    </div>
  );
}
