/** From a piece of a model's text to whoever follows the run, and what showing it costs. */
import { EventEmitter, once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { defaultTenant } from '../../contracts/tenant.js';
import type { RunId } from '../../contracts/ids.js';
import { createLog } from '../../runtime/log.js';
import { invariant } from '../../runtime/belay-error.js';
import { createDeltaWriter, type DeltaWriter } from '../../store/delta-writer.js';
import { closeAttempt, openAttempt, writeDeltas } from '../../store/deltas.js';
import type { Bench } from '../bench.js';
import { monotonicMs } from '../journal.js';
import { quickPlan, words } from '../plan.js';
import { cpuMsOf } from '../processes.js';
import { startAsking } from '../questions.js';
import type { Section } from '../report.js';
import { quantile, sampleOf, typicalOf } from '../sample.js';

const plan = quickPlan(1, true);
/** A model says its next word at any moment between two looks of the gateway. */
const lookMs = 100;
const watchMs = 5_000;

interface Delays {
  readonly attempt: number;
  readonly text: number;
}

/**
 * The runs stand at a question; what is written is a turn that would come after it, by the bench
 * itself in the place of a worker. The gateway and Postgres are what they are.
 */
export async function measureStream(bench: Bench): Promise<Section> {
  const { servers, sizes, contestants } = bench;
  const runIds = await startAsking(bench, contestants.belay, sizes.streams, plan);
  const log = createLog({ service: 'bench', level: 'error', format: 'json' });
  const writer = createDeltaWriter({ url: servers.databaseUrl, log });
  const delays: Delays[] = [];
  for (const runId of runIds) delays.push(await delaysOf(bench, writer, runId as RunId));
  const texts = delays.map(({ text }) => text);
  const piece = await costOfPieces(bench, runIds[0] as RunId);
  const gatewayMs = await costOfWatching(bench, writer, runIds as readonly RunId[]);
  await writer.close();
  return {
    title: 'Streams',
    meaning:
      'Milliseconds from the beginning of an attempt, and from the first piece of its text, to a ' +
      'reader of the event stream, with the middle nine tenths: the gateway looks every 100 ms. ' +
      `Then the CPU time of a piece of ${words.length} characters, and of a gateway for each second ` +
      `in which ${runIds.length} turns under way are followed.`,
    rows: [
      {
        what: 'attempt to reader, ms',
        cells: { belay: typicalOf(delays.map(({ attempt }) => attempt)) },
      },
      { what: 'text to reader, ms', cells: { belay: typicalOf(texts) } },
      {
        what: 'text to reader, ms, p95',
        cells: { belay: sampleOf([quantile(texts, 0.95)]) },
        bounds: [{ against: 'itself', is: 'at most', value: 250 }],
      },
      { what: 'CPU ms a piece, writer', cells: { belay: sampleOf([piece.writerMs]) } },
      { what: 'CPU ms a piece, Postgres', cells: { belay: sampleOf([piece.postgresMs]) } },
      { what: 'CPU ms a second, gateway', cells: { belay: sampleOf([gatewayMs]) } },
    ],
  };
}

const addressOf = (runId: RunId) => ({ tenantId: defaultTenant, runId });

async function delaysOf(bench: Bench, writer: DeltaWriter, runId: RunId): Promise<Delays> {
  const events = new EventEmitter();
  const following = bench.contestants.belay.http.follow(runId, (type) => events.emit(type));
  await once(events, 'approval-requested');
  const started = once(events, 'attempt-started');
  const openedMs = monotonicMs();
  const text = writer.open(addressOf(runId), 2, 1);
  await started;
  const attempt = monotonicMs() - openedMs;
  await wait(Math.random() * lookMs);
  const shown = once(events, 'delta');
  const saidMs = monotonicMs();
  text.add(words);
  await shown;
  const delays = { attempt, text: monotonicMs() - saidMs };
  text.close();
  following.close();
  return delays;
}

/** One piece after the other, each in a statement of its own: the worst case of a worker. */
async function costOfPieces({ database: { pool }, servers, sizes }: Bench, runId: RunId) {
  const opened = await openAttempt(pool, addressOf(runId), 2, 2);
  invariant(opened !== null, 'the attempt is opened');
  await writeDeltas(pool, [{ ...opened, seq: 1, text: words }]);
  const before = { own: process.cpuUsage(), postgres: cpuMsOf(servers.pids.postgres, 'family') };
  for (let seq = 2; seq <= sizes.deltas + 1; seq += 1) {
    await writeDeltas(pool, [{ ...opened, seq, text: words }]);
  }
  const { user, system } = process.cpuUsage(before.own);
  const postgresMs = cpuMsOf(servers.pids.postgres, 'family') - before.postgres;
  await closeAttempt(pool, opened);
  return {
    writerMs: (user + system) / 1_000 / sizes.deltas,
    postgresMs: postgresMs / sizes.deltas,
  };
}

/** Of the gateway, for a second in which every run is followed and writes. */
async function costOfWatching(
  { contestants: { belay }, sizes }: Bench,
  writer: DeltaWriter,
  runIds: readonly RunId[],
): Promise<number> {
  let shown = 0;
  const following = runIds.map((runId) =>
    belay.http.follow(runId, (type) => {
      if (type === 'delta') shown += 1;
    }),
  );
  const texts = runIds.map((runId) => writer.open(addressOf(runId), 2, 3));
  const forMs = sizes.isTiny ? watchMs / 10 : watchMs;
  const before = cpuMsOf(belay.gateway.pid);
  const untilMs = monotonicMs() + forMs;
  while (monotonicMs() < untilMs) {
    for (const text of texts) text.add(words.slice(0, 24));
    await wait(50);
  }
  const spentMs = cpuMsOf(belay.gateway.pid) - before;
  invariant(shown > 0, 'the text was shown');
  for (const text of texts) text.close();
  for (const each of following) each.close();
  return (spentMs * 1_000) / forMs;
}
