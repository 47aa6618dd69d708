/** P4 in the console: nothing is decided about what its reader has not seen, nor by a stray key. */
import type { Guard } from '../guard.js';

const keys = 'tests/console/approvals/shortcuts.test.ts';

export const consoleGuards: readonly Guard[] = [
  {
    promise: 'P4',
    guard: 'Arguments that were changed under a reader are shown before anything is decided',
    owner: 'console/approvals/seen.ts',
    from: `status === 'pending' && seen.argsDigest !== argsDigest`,
    to: `status === 'pending' && false`,
    test: {
      file: 'tests/console/approvals/seen.test.ts',
      name: 'can be decided on no more when somebody has changed them',
    },
  },
  {
    promise: 'P4',
    guard: 'A key sends an answer only about the arguments that it was armed for',
    owner: 'console/approvals/shortcuts.ts',
    from: 'armed.argsDigest === argsDigest && offered.includes(armed.decision)',
    to: 'offered.includes(armed.decision)',
    test: { file: keys, name: 'disarm on Escape, on any stray key' },
  },
  {
    promise: 'P4',
    guard: 'A letter that is typed into a field decides nothing',
    owner: 'console/approvals/shortcuts.ts',
    from: `if (isTyping) return key === 'Escape' && !isOther ? { kind: 'leave-field' } : nothing;`,
    to: `if (isTyping && key === 'Escape') return { kind: 'leave-field' };`,
    test: { file: keys, name: 'do nothing while somebody types' },
  },
];
