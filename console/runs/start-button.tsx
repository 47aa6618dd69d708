/** The button that starts a run, how that stands, and the command that would do the same. */
import { Button } from '../parts/button.js';
import { ProblemBox } from '../parts/problem-box.js';
import { StartCommand } from './start-command.js';
import { useStart } from './use-start.js';

interface StartButtonProps {
  /** Null while a field can't be read. */
  readonly body: object | null;
}

export function StartButton({ body }: StartButtonProps) {
  const { start, isStarting, said, problem } = useStart();
  return (
    <>
      <div class="buttons">
        <Button
          kind="primary"
          isBusy={isStarting || body === null}
          onClick={() => void (body !== null && start(body))}
        >
          Start the run
        </Button>
        <p class="small" role="status">
          {said}
        </p>
      </div>
      <ProblemBox problem={problem} />
      {body !== null && <StartCommand body={body} />}
    </>
  );
}
