import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  choiceAt,
  nextStep,
  redosPerTurn,
  type ChainPlace,
} from '../../../activities/models/chain.js';
import type { ModelStop, ModelTurn } from '../../../activities/models/model.js';
import {
  ModelError,
  modelFailures,
  type ModelFailureCode,
} from '../../../activities/models/model-error.js';
import { failures, isFailureCode } from '../../../contracts/failure.js';
import {
  choicesOf,
  fallbackReasons,
  type FallbackReason,
  type ModelChain,
} from '../../../contracts/model-choice.js';
import { lookUp, said, turnThat } from '../../support/model-answers.js';
import { largestAgentLimits } from '../../../contracts/limits.js';

const text = said('Hi');
const call = lookUp('toolu_1');
const start: ChainPlace = { position: 0, attempt: 1, redos: 0, maxOutputTokens: 1_000 };
const chainOn = (...fallbackOn: FallbackReason[]): ModelChain => [
  { provider: 'anthropic', model: 'a', fallbackOn },
  { provider: 'openai-compatible', model: 'b', fallbackOn },
];
const codes = Object.keys(modelFailures) as ModelFailureCode[];

describe('the table of failures', () => {
  it.each(codes)('says of %s what the table of all failures says of a retry', (code) => {
    const retried = ['transient', 'rate-limited', 'quota'].includes(modelFailures[code].kind);
    expect(failures[code].retryable).toBe(retried);
  });

  it('has every failure of the model, and every reason to fall back has one', () => {
    const ofModel = Object.keys(failures).filter((code) => code.startsWith('model-'));
    expect(
      codes.filter((code) => isFailureCode(code) && code.startsWith('model-')).toSorted(),
    ).toEqual(ofModel.toSorted());
    const named = new Set(codes.flatMap((code) => modelFailures[code].fallback ?? []));
    expect([...named].toSorted()).toEqual([...fallbackReasons].toSorted());
  });
});

describe('a chain', () => {
  it('of old is a list of names, of Anthropic’s models', () => {
    expect(choicesOf(['a', { provider: 'openai-compatible', model: 'b' }])).toEqual([
      { provider: 'anthropic', model: 'a' },
      { provider: 'openai-compatible', model: 'b' },
    ]);
  });

  it('that has become shorter is asked at its last link', () => {
    expect(choiceAt(chainOn(), 7).model).toBe('b');
  });

  it.each<[FallbackReason, ModelTurn | ModelError]>([
    ['quota', new ModelError('model-quota')],
    ['rejected', new ModelError('model-rejected')],
    ['context-too-long', new ModelError('model-context-too-long')],
    ['context-too-long', turnThat('context-full', text)],
    ['refused', new ModelError('model-refused')],
    ['refused', turnThat('refused')],
  ])('goes on with its next link at once where %s is named', (reason, outcome) => {
    expect(nextStep(chainOn(reason), start, outcome)).toMatchObject({
      kind: 'switch',
      position: 1,
    });
    expect(nextStep(chainOn(), start, outcome).kind).not.toBe('switch');
  });

  it.each<[FallbackReason, ModelFailureCode]>([
    ['overloaded', 'model-overloaded'],
    ['rate-limited', 'model-rate-limited'],
    ['unavailable', 'model-unreachable'],
    ['unavailable', 'model-stalled'],
  ])('tries once more before it leaves a model that is %s', (reason, code) => {
    const error = new ModelError(code);
    expect(nextStep(chainOn(reason), start, error)).toEqual({ kind: 'fail', error });
    const again = nextStep(chainOn(reason), { ...start, attempt: 2 }, error);
    expect(again).toEqual({ kind: 'switch', code, position: 1 });
  });

  it('stays at its last link, and never goes back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 9 }),
        (code, position, attempt) => {
          const place = { ...start, position, attempt };
          const step = nextStep(chainOn(...fallbackReasons), place, new ModelError(code));
          if (position >= 1) expect(step.kind).not.toBe('switch');
          if (step.kind === 'switch') expect(step.position).toBe(position + 1);
        },
      ),
    );
  });
});

describe('an answer', () => {
  it.each<ModelStop>(['final', 'tools', 'paused', 'refused', 'context-full', 'unknown'])(
    'that is %s is taken as it is where the chain says nothing else',
    (stop) => {
      const turn = turnThat(stop, text, call);
      expect(nextStep(chainOn(), start, turn)).toEqual({ kind: 'accept', turn });
    },
  );

  it('that is cut in its text is taken, to be gone on with', () => {
    expect(nextStep(chainOn(), start, turnThat('truncated', text)).kind).toBe('accept');
  });

  it('that is cut in a call is asked for again with twice the cap, twice, and then taken', () => {
    const cut = turnThat('truncated', text, call);
    const code = 'model-output-invalid';
    const again = { kind: 'redo', code, maxOutputTokens: 2_000 };
    expect(nextStep(chainOn(), start, cut)).toEqual(again);
    const second = { ...start, redos: 1, maxOutputTokens: 2_000 };
    expect(nextStep(chainOn(), second, cut)).toEqual({ ...again, maxOutputTokens: 4_000 });
    const third = { ...start, redos: redosPerTurn, maxOutputTokens: 4_000 };
    expect(nextStep(chainOn(), third, cut)).toEqual({ kind: 'accept', turn: cut });
  });

  it('that is cut at the largest cap there is, is not asked for again', () => {
    const atMost = { ...start, maxOutputTokens: largestAgentLimits.outputTokensPerTurn };
    expect(nextStep(chainOn(), atMost, turnThat('truncated', call)).kind).toBe('accept');
  });

  it('that is garbled is asked for again twice, and then it fails', () => {
    const error = new ModelError('model-output-invalid');
    expect(nextStep(chainOn(), start, error)).toMatchObject({ kind: 'redo' });
    expect(nextStep(chainOn(), { ...start, redos: redosPerTurn }, error)).toEqual({
      kind: 'fail',
      error,
    });
  });
});
