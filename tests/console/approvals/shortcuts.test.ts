import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decisionKinds, type DecisionKind } from '../../../contracts/approval.js';
import {
  shortcutKeys,
  strokeOf,
  type Armed,
  type Press,
} from '../../../console/approvals/shortcuts.js';

const press = (key: string, changes: Partial<Press> = {}): Press => ({
  key,
  isOther: false,
  isRepeat: false,
  isTyping: false,
  argsDigest: 'one',
  offered: decisionKinds,
  ...changes,
});
const armed: Armed = { decision: 'approve', argsDigest: 'one' };

describe('the keys of a question', () => {
  test('arm an answer first, and send it on Enter', () => {
    for (const decision of decisionKinds) {
      const key = shortcutKeys[decision];
      expect(strokeOf(null, press(key))).toEqual({ kind: 'begin', decision });
    }
    expect(strokeOf(armed, press('Enter'))).toEqual({ kind: 'send', decision: 'approve' });
    expect(new Set(Object.values(shortcutKeys)).size).toBe(decisionKinds.length);
  });

  test('do nothing while somebody types, but for leaving the field', () => {
    for (const key of ['a', 'r', 'Enter', ' ']) {
      expect(strokeOf(armed, press(key, { isTyping: true }))).toEqual({ kind: 'nothing' });
    }
    expect(strokeOf(null, press('Escape', { isTyping: true }))).toEqual({ kind: 'leave-field' });
  });

  test('disarm on Escape, on any stray key, and when the arguments are others by now', () => {
    const others = [
      press('Escape'),
      press('x'),
      press(' '),
      press('Enter', { isOther: true }),
      press('Enter', { argsDigest: 'two' }),
      press('Enter', { offered: ['reject'] }),
    ];
    for (const other of others) expect(strokeOf(armed, other)).toEqual({ kind: 'disarm' });
  });

  test('send nothing that was not armed for exactly these arguments by a press before', () => {
    const presses = fc.record({
      key: fc.constantFrom('a', 'r', 'e', 'w', 'Enter', 'Escape', ' ', 'x'),
      isOther: fc.boolean(),
      isRepeat: fc.boolean(),
      isTyping: fc.boolean(),
      argsDigest: fc.constantFrom('one', 'two'),
      offered: fc.subarray([...decisionKinds]),
    });
    fc.assert(
      fc.property(fc.array(presses, { maxLength: 12 }), (sequence) => {
        let now: Armed | null = null;
        let letter: { readonly decision: DecisionKind; readonly argsDigest: string } | null = null;
        for (const each of sequence) {
          const stroke = strokeOf(now, each);
          if (stroke.kind === 'send') {
            expect(each.key).toBe('Enter');
            expect(each.offered).toContain(stroke.decision);
            expect(letter).toEqual({ decision: stroke.decision, argsDigest: each.argsDigest });
          }
          if (stroke.kind === 'begin') {
            letter = { decision: stroke.decision, argsDigest: each.argsDigest };
            now = letter;
          } else if (stroke.kind !== 'nothing' && stroke.kind !== 'leave-field') {
            now = null;
            letter = null;
          }
        }
      }),
    );
  });

  test('are dead while an answer may not be given', () => {
    expect(strokeOf(null, press('a', { offered: [] }))).toEqual({ kind: 'nothing' });
    expect(strokeOf(null, press('a', { isOther: true }))).toEqual({ kind: 'nothing' });
    expect(strokeOf(null, press('Enter'))).toEqual({ kind: 'nothing' });
  });
});
