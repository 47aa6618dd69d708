/** What every model provider promises, whatever it speaks: each provider's test calls this once. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type {
  ModelContext,
  ModelDelta,
  ModelProvider,
  ModelRequest,
  ModelTurn,
  ProviderOptions,
} from '../../../activities/models/model.js';
import { ModelError, type ModelFailureCode } from '../../../activities/models/model-error.js';
import { failures } from '../../../contracts/failure.js';
import type { JournalEntry } from '../../../stand-ins/model/journal-entry.js';
import type { FaultName } from '../../../stand-ins/model/fault-table.js';
import { startModelStandIn, type ModelStandIn } from '../../../stand-ins/model/server.js';
import {
  play,
  requestWith,
  shopOrder,
  shopTools,
  userMessage,
} from '../../stand-ins/model/loop.js';
import { journalPaths } from '../../support/stand-in-folder.js';

export interface ProviderSubject {
  readonly create: (options: ProviderOptions) => ModelProvider;
  /** Its base URL, given the address of the stand-in. */
  readonly baseUrl: (standIn: string) => string;
  /** The failure that each fault of the stand-in is. */
  readonly failures: Readonly<Partial<Record<FaultName, ModelFailureCode>>>;
  /** How each turn ends that the stand-in ends in another way. */
  readonly stops: Readonly<Partial<Record<FaultName, ModelTurn['stop']>>>;
}

/** The outcome of one request. */
type Outcome = ModelTurn | ModelError;

type Timing = Partial<Pick<ProviderOptions, 'requestTimeoutMs' | 'idleTimeoutMs'>>;
const silences: Readonly<Record<string, Timing>> = {
  stall: { idleTimeoutMs: 1_000 },
  hang: { requestTimeoutMs: 500 },
};

/** Declares the tests. */
export function describeProvider(name: string, subject: ProviderSubject): void {
  jest.setTimeout(30_000);
  const newJournalPath = journalPaths();
  let standIn: ModelStandIn;
  beforeAll(async () => {
    const journalPath = newJournalPath();
    standIn = await startModelStandIn({ port: 0, journalPath, slowPauseMs: 20 });
  });
  afterAll(() => standIn.close());

  // Short only where silence is what is tried: a busy machine is slow to answer too.
  const model = (timing: Timing = {}): ModelProvider =>
    subject.create({
      apiKey: 'any',
      baseUrl: subject.baseUrl(standIn.url),
      requestTimeoutMs: timing.requestTimeoutMs ?? 20_000,
      idleTimeoutMs: timing.idleTimeoutMs ?? 20_000,
    });
  const ask = (
    request: ModelRequest,
    context: Partial<ModelContext> = {},
    timing: Timing = {},
  ): Promise<Outcome> =>
    model(timing)
      .complete(request, { signal: AbortSignal.timeout(20_000), ...context })
      .catch((error: Outcome) => error);
  const askFailing = async (text: string, fault: string): Promise<ModelError> =>
    (await ask(asking(`${text} [${fault}]`), {}, silences[fault] ?? {})) as ModelError;
  const asking = (text: string): ModelRequest => requestWith([userMessage(text)]);
  const journal = async (): Promise<readonly JournalEntry[]> => {
    const response = await fetch(`${standIn.url}/journal`);
    return ((await response.json()) as { data: JournalEntry[] }).data;
  };

  describe(`${name} keeps the promises of every provider`, () => {
    it('plays a conversation with calls, results and errors to its end', async () => {
      const { turns, text, last } = await play(
        model(),
        'Refund orders 42 and 43',
        shopTools([shopOrder('42', 18_000), shopOrder('43', 2_490)], { 43: 'It was declined.' }),
      );
      expect(turns.map((calls) => calls.map((call) => call.name))).toEqual([
        ['lookup_order', 'lookup_order'],
        ['issue_refund', 'issue_refund'],
      ]);
      expect(text).toContain('Order 42: refunded 180.00 EUR');
      expect(text).toContain('Order 43: no refund was made. It was declined.');
      expect(last).toMatchObject({ model: 'stand-in', stop: 'final' });
      // The second request and the third found what came before them.
      expect(last.usage.cacheReadTokens).toBeGreaterThan(0);
      expect(last.requestId).toMatch(/^req_/u);
    });

    it('tells text as it comes, and what it told is what came', async () => {
      const deltas: ModelDelta[] = [];
      const outcome = await ask(asking('Hello [slow]'), { onDelta: (delta) => deltas.push(delta) });
      const content = (outcome as ModelTurn).content;
      expect(deltas.length).toBeGreaterThan(3);
      expect(deltas.map((delta) => delta.text).join('')).toBe(content[0]?.text);
    });

    const failing = Object.entries(subject.failures) as [FaultName, ModelFailureCode][];
    it.each(failing)(
      '[%s] is %s, asked once, without a word of the service',
      async (fault, code) => {
        const before = (await journal()).length;
        const error = await askFailing('Refund order 42', fault);
        expect(error).toBeInstanceOf(ModelError);
        expect(error.code).toBe(code);
        expect(error.message).toBe(failures[code].title);
        expect(await journal()).toHaveLength(before + 1);
      },
    );

    const stopping = Object.entries(subject.stops) as [FaultName, ModelTurn['stop']][];
    it.each(stopping)('[%s] ends a turn as %s', async (fault, stop) => {
      const turn = (await ask(asking(`Refund order 42 [${fault}]`))) as ModelTurn;
      expect(turn.stop).toBe(stop);
      expect(turn.usage.outputTokens).toBeGreaterThan(0);
    });

    it('says when to come back', async () => {
      const error = (await ask(asking('Refund order 43 [rate-limit]'))) as ModelError;
      expect(error.details.retryAfterMs).toBe(1_000);
    });

    it.each(['cut-stream', 'stall', 'stream-overload'])(
      'says after [%s] what the lost answer cost, as far as it had come',
      async (fault) => {
        const error = await askFailing('Refund orders 1001 and 1002', fault);
        const charged = (await journal()).at(-1)?.charged;
        const { lost } = error.details;
        expect(lost).toMatchObject({ model: 'stand-in', usage: { isEstimate: true } });
        const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = lost!.usage;
        const prompt =
          (charged?.input_tokens ?? 0) +
          (charged?.cache_creation_input_tokens ?? 0) +
          (charged?.cache_read_input_tokens ?? 0);
        const counted = inputTokens + cacheReadTokens + cacheWriteTokens;
        expect(Math.abs(counted - prompt) / prompt).toBeLessThan(0.25);
        // It broke off in the middle of the last call: a piece more, but never less than is billed.
        const more = outputTokens - (charged?.output_tokens ?? 0);
        expect(more).toBeGreaterThanOrEqual(0);
        expect(more).toBeLessThanOrEqual(10);
      },
    );

    it('says nothing of a cost where nothing was billed', async () => {
      const error = (await ask(asking('Refund order 44 [overload]'))) as ModelError;
      expect(error.details).not.toHaveProperty('lost');
    });

    it('is cancelled when its signal is, before and while it waits', async () => {
      const before = await ask(asking('Refund order 42'), { signal: AbortSignal.abort() });
      expect(before).toMatchObject({ code: 'run-cancelled' });
      const cancel = new AbortController();
      const stop = () => cancel.abort();
      const during = await ask(asking('Hello [slow]'), { signal: cancel.signal, onDelta: stop });
      expect(during).toMatchObject({ code: 'run-cancelled' });
    });

    it('cannot be reached where nobody is', async () => {
      const nobody = subject.create({
        apiKey: 'any',
        baseUrl: subject.baseUrl('http://127.0.0.1:9'),
        requestTimeoutMs: 20_000,
        idleTimeoutMs: 20_000,
      });
      const signal = AbortSignal.timeout(20_000);
      const outcome = await nobody
        .complete(asking('Hi'), { signal })
        .catch((error: Outcome) => error);
      expect(outcome).toMatchObject({ code: 'model-unreachable' });
    });
  });
}
