import { describe, expect, test } from '@jest/globals';
import { withAnswered } from '../../../console/effects/with-answered.js';
import {
  answeredSentence,
  classWords,
  parkedWords,
  sentWords,
  unansweredSentence,
} from '../../../console/words/effects.js';
import { heldSentence, heldThings, liftedSentence } from '../../../console/words/switches.js';
import { effectClasses, resolutions } from '../../../contracts/effect.js';
import { answersTo, type EffectDetail } from '../../../contracts/effect-detail.js';
import type { KillSwitchView } from '../../../contracts/kill-switch.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const minute = 60_000;
const at = (offsetMs: number): string => new Date(now + offsetMs).toISOString();
const effectOf = (fields: Partial<EffectDetail>): EffectDetail =>
  ({ key: 'k', state: 'parked', class: 'keyed', attempts: 1, ...fields }) as EffectDetail;
const parkedSince = (offsetMs: number): EffectDetail['parked'] => ({
  since: at(offsetMs),
  code: 'effect-outcome-unknown',
  title: 'It is not known whether this happened',
  hint: '',
});

describe('a parked effect in words', () => {
  test('says how often it was sent, and when', () => {
    const once = effectOf({ firstDispatchedAt: at(-minute), lastDispatchedAt: at(-minute) });
    expect(sentWords(once, now, 'UTC')).toBe('Once, at 11:59:00');
    const often = { ...once, attempts: 3, lastDispatchedAt: at(0) };
    expect(sentWords(often, now, 'UTC')).toBe('3 times, first at 11:59:00, last at 12:00:00');
    expect(sentWords({ ...once, lastDispatchedAt: null }, now, 'UTC')).toBe('Never');
  });

  test('says since when it waits, and whether anybody was reminded', () => {
    const parked = parkedSince(-90 * minute);
    expect(parkedWords({ parked, remindedAt: null }, now, 'UTC')).toBe(
      '1 h 30 min, since 10:30:00.',
    );
    expect(parkedWords({ parked, remindedAt: at(-30 * minute) }, now, 'UTC')).toBe(
      '1 h 30 min, since 10:30:00; last reminded of at 11:30:00.',
    );
    expect(parkedWords({ parked: null, remindedAt: null }, now)).toBe('');
  });

  test('explains its class, whichever it is', () => {
    const told = effectClasses.map((its) => classWords(effectOf({ class: its })));
    expect(new Set(told).size).toBe(effectClasses.length);
  });

  test.each(resolutions)('names who answered “%s”, when, and how they knew', (outcome) => {
    const resolution = { outcome, by: 'otto', at: at(-minute), message: 'Seen.' };
    const sentence = answeredSentence(effectOf({ state: 'absent', resolution }), now, 'UTC');
    expect(sentence).toMatch(/^otto said that it .+, at 11:59:00\. “Seen\.”$/);
  });

  test('nobody’s answer is nobody’s', () => {
    const confirmed = effectOf({ state: 'confirmed', resolution: null });
    expect(answeredSentence(confirmed, now)).toBe('Nobody is asked: it is confirmed.');
  });

  test('a late answer is told who was first, one without the right why', () => {
    const problem = { status: 409, code: 'effect-not-parked', title: 'Not parked' };
    expect(unansweredSentence({ ...problem, decidedBy: 'ana' })).toBe(
      'ana was first. Your answer was not used.',
    );
    expect(unansweredSentence(problem)).toBe('Not parked');
    const detail = 'vera lacks the role operator.';
    expect(unansweredSentence({ status: 403, code: 'forbidden', title: 'No', detail })).toBe(
      `This is not yours to answer. ${detail}`,
    );
  });

  test('each answer says what it brings about, and that nothing goes on after the end', () => {
    const open = answersTo({ isCallOpen: true });
    const over = answersTo({ isCallOpen: false });
    expect(open.map(({ outcome }) => outcome)).toEqual(resolutions);
    for (const { then } of open) expect(then).toContain('The call');
    for (const { then } of over) expect(then).toContain('Its run has ended');
  });

  test('what was answered on this page keeps its place, whatever a late list says', () => {
    const [first, second, third] = [3, 2, 1].map((hours) =>
      effectOf({ key: `k${hours}` as EffectDetail['key'], parked: parkedSince(-hours * minute) }),
    ) as [EffectDetail, EffectDetail, EffectDetail];
    const answered = { ...second, state: 'absent' } as const;
    expect(withAnswered([first, second, third], [answered])).toEqual([first, answered, third]);
    expect(withAnswered([first, third], [answered])).toEqual([first, answered, third]);
  });
});

describe('a kill switch in words', () => {
  const its: KillSwitchView = {
    id: 1,
    state: 'on',
    scope: 'all',
    name: null,
    reason: 'Refunds went wrong.',
    setBy: 'otto',
    setAt: at(-5 * minute),
    liftedBy: null,
    liftReason: null,
    liftedAt: null,
    links: { lifts: '/v1/kill-switches/1/lifts' },
  };

  test('says what is held, by whom and since when', () => {
    expect(heldSentence(its, now, 'UTC')).toBe(
      'All effects are held: otto set a kill switch at 11:55:00.',
    );
    expect(heldThings({ scope: 'agent', name: 'desk' })).toBe('All effects of the agent desk');
    expect(heldThings({ scope: 'tool', name: 'pay' })).toBe('All calls of the tool pay');
  });

  test('says who lifted it, and how long it was on', () => {
    expect(liftedSentence(its, now, 'UTC')).toBe('otto set it at 11:55:00.');
    const lifted = { ...its, liftedBy: 'adam', liftedAt: at(-2 * minute) };
    expect(liftedSentence(lifted, now, 'UTC')).toBe(
      'otto set it at 11:55:00; adam lifted it after 3 min, at 11:58:00.',
    );
  });
});
