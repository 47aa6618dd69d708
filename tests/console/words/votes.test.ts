import { describe, expect, test } from '@jest/globals';
import type { ApprovalView, DecisionView } from '../../../contracts/approval.js';
import type { Preview } from '../../../contracts/preview.js';
import { offeredTo } from '../../../console/approvals/offered.js';
import { armedSentence, changedSentence, messageHelp } from '../../../console/words/answers.js';
import { closedWords, namesWords, outcomeSentence } from '../../../console/words/approvals.js';
import { comparePreviews } from '../../../console/words/previews.js';
import { takeBackMs, takeBackSentence } from '../../../console/words/take-back.js';
import * as votes from '../../../console/words/votes.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const at = (offsetMs: number): string => new Date(now + offsetMs).toISOString();

const vote = (by: string, changes: Partial<DecisionView> = {}): DecisionView => ({
  id: `dec_${by}` as DecisionView['id'],
  by,
  decision: 'approve',
  at: at(-14_000),
  ...changes,
});
const afterEdit = {
  decisions: [vote('ana', { void: true }), vote('ben', { decision: 'edit' })],
  counted: 1,
  quorum: 2,
};

describe('votes in words', () => {
  test('say how many count, and whose they are', () => {
    expect(votes.quorumWords({ decisions: [], counted: 0, quorum: 2 })).toBe('0 of 2 votes');
    expect(votes.quorumWords(afterEdit)).toBe('1 of 2 votes: ben');
    expect(votes.countedSentence(afterEdit)).toBe('Your vote counts: 1 of 2.');
    expect(namesWords(['ana', 'ben', 'cleo', 'ana'])).toBe('ana, ben and cleo');
  });

  test('say why one is void', () => {
    const [voided] = afterEdit.decisions;
    expect(votes.voidWords(afterEdit, voided!)).toBe('void: ben changed the arguments afterwards');
    const alone = { decisions: [voided!] };
    expect(votes.voidWords(alone, voided!)).toBe('void: it counts no more');
  });

  test('say beforehand what an edit does to them', () => {
    const before = { decisions: [vote('ana')], quorum: 2 };
    expect(votes.editConsequences(before)).toBe(
      'What ana said will be void: it was about other arguments. Your edit counts as the first of ' +
        '2 votes on the new ones, unless the rules demand something else of them: they are judged anew.',
    );
    expect(votes.editConsequences({ decisions: [], quorum: 1 })).toMatch(
      /^Your edit counts as your approval of the new ones, unless/,
    );
  });

  test('say who is asked now, and who from when on', () => {
    const escalation = [
      { afterMs: 1, approvers: ['finance'], quorum: 2, at: at(-1) },
      { afterMs: 2, approvers: [], quorum: 1, at: at(90_000) },
    ];
    const asked = { escalation, level: 1, status: 'pending' as const };
    expect(votes.askedWords({ approvers: ['finance'], quorum: 2, level: 1 })).toBe(
      'finance, 2 people, since it escalated',
    );
    expect(votes.escalationSentence(asked, now, 'UTC')).toBe(
      'In 1 min 30 s (12:01:30) it goes to any approver instead.',
    );
    expect(votes.escalationSentence({ ...asked, level: 2 }, now)).toBeNull();
    expect(votes.escalationSentence({ ...asked, status: 'approved' }, now)).toBeNull();
  });
});

describe('what a person may answer', () => {
  const asked = {
    status: 'pending',
    allowedDecisions: ['approve', 'edit', 'reject', 'respond'],
    viewer: { canDecide: true, canWithdraw: false, why: '' },
    decisions: [vote('ana')],
    preview: { state: 'none', now: null, earlier: null },
    requestedAt: at(-1_000),
  } as unknown as ApprovalView;
  const pending = { ...asked, preview: { state: 'pending', now: null, earlier: null } as const };

  test('is a yes once, and a no at any time', () => {
    expect(offeredTo(asked, 'ben', now)).toEqual(['approve', 'edit', 'respond', 'reject']);
    expect(offeredTo(asked, 'ana', now)).toEqual(['edit', 'respond', 'reject']);
    expect(offeredTo({ ...asked, status: 'approved' }, 'ben', now)).toEqual([]);
  });

  test('is no yes while it is being looked up what that would do, for half a minute', () => {
    expect(offeredTo(pending, 'ben', now)).toEqual(['respond', 'reject']);
    expect(offeredTo(pending, 'ben', now + 30_000)).toContain('approve');
  });
});

describe('an answer in words', () => {
  test('names exactly what Enter will do', () => {
    const title = 'refund 1250.00 EUR for order 44';
    expect(armedSentence('approve', title, ' ')).toBe(
      `Press Enter to approve: ${title}. Escape or any other key: not.`,
    );
    expect(armedSentence('reject', title, 'too much')).toContain(`${title}, saying “too much”.`);
  });

  test('asks for words where the model reads them', () => {
    expect(messageHelp(['approve', 'reject', 'respond'])).toBe(
      'To reject, say why; to answer instead, write the answer: the model reads it. ' +
        'To approve, it may stay empty.',
    );
    expect(messageHelp(['reject'])).toBe('To reject, say why: the model reads it.');
  });

  test('says who changed the arguments', () => {
    expect(changedSentence(afterEdit, now, 'UTC')).toBe('ben changed the arguments at 11:59:46.');
    expect(changedSentence({ decisions: [] }, now)).toBe('The arguments were changed.');
  });
});

describe('what became of a question', () => {
  const decided = {
    status: 'approved' as const,
    decisions: [...afterEdit.decisions, vote('cleo')],
    expiresAt: at(0),
    withdrawn: null,
  };

  test('names all whose votes made it, and how long ago', () => {
    expect(outcomeSentence(decided, now)).toMatch(/^ben and cleo approved this at /);
    expect(closedWords({ closedAt: at(-14_000) }, now)).toBe('(14 s ago)');
    expect(closedWords({ closedAt: null }, now)).toBe('');
  });

  test('says who took it back', () => {
    const withdrawn = { by: 'ben', at: at(0) };
    expect(outcomeSentence({ ...decided, status: 'rejected', withdrawn }, now)).toMatch(
      /^ben took the approval back at .+\. Not made\.$/,
    );
  });
});

describe('taking a yes back', () => {
  const decided = { status: 'approved' as const, executableAt: at(12_000) };

  test('is possible until it is carried out, and not a moment longer', () => {
    expect(takeBackMs(decided, now)).toBe(12_000);
    expect(takeBackMs(decided, now + 12_000)).toBe(0);
    expect(takeBackMs({ ...decided, executableAt: null }, now)).toBe(0);
    expect(takeBackMs({ ...decided, status: 'rejected' }, now)).toBe(0);
    expect(takeBackSentence(decided, now, 'UTC')).toBe(
      'It is carried out in 12 s (12:00:12). Until then it can be taken back.',
    );
  });
});

describe('two previews side by side', () => {
  const earlier: Preview = {
    sentence: 'Refunds 180.00 EUR',
    changes: [
      { what: 'Balance', before: '200.00 EUR', after: '20.00 EUR' },
      { what: 'Status', before: 'paid', after: 'refunded' },
    ],
    reversibility: 'by-person',
    cost: '180.00 EUR',
  };

  test('mark what the world has changed, and what is there no more', () => {
    const fresh: Preview = {
      ...earlier,
      changes: [{ what: 'Balance', before: '180.00 EUR', after: '0.00 EUR' }],
    };
    const changed = comparePreviews(earlier, fresh).filter(({ isChanged }) => isChanged);
    expect(changed).toEqual([
      {
        what: 'Balance',
        earlier: '200.00 EUR → 20.00 EUR',
        now: '180.00 EUR → 0.00 EUR',
        isChanged: true,
      },
      { what: 'Status', earlier: 'paid → refunded', now: '—', isChanged: true },
    ]);
  });
});
