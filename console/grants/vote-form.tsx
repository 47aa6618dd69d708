/** A vote for the terms of a grant, exactly as they stand on the page. */
import { useState } from 'preact/hooks';
import type { GrantView } from '../../contracts/grant.js';
import { act, problemOf } from '../api/request.js';
import { announce } from '../parts/announcer.js';
import { Button } from '../parts/button.js';
import { ProblemBox } from '../parts/problem-box.js';
import { grantVotesWords } from '../words/grants.js';
import type { ProblemFields } from '../words/problems.js';

interface VoteFormProps {
  readonly grant: GrantView;
  readonly onVoted: () => void;
}

export function VoteForm({ grant: { links }, onVoted }: VoteFormProps) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<ProblemFields | null>(null);
  const vote = async (): Promise<void> => {
    setSending(true);
    setProblem(null);
    await act<GrantView>(links.votes, {}).then(
      (now) => announce(`Your vote counts. ${grantVotesWords(now)}`),
      (error: unknown) => setProblem(problemOf(error)),
    );
    setSending(false);
    onVoted();
  };
  return (
    <>
      <ProblemBox problem={problem} />
      <div class="buttons">
        <Button kind="primary" isBusy={isSending} onClick={() => void vote()}>
          {isSending ? 'Sending…' : 'Vote for these terms'}
        </Button>
      </div>
    </>
  );
}
