/** Health: what each dependency is like, and the way out. Only Postgres is needed to be ready. */
import type { Connection } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import type { Database } from '../store/database.js';
import { outboxHealth, type OutboxHealth } from '../store/outbox.js';
import { temporalFailureOf } from './temporal-errors.js';

export interface DependencyHealth {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly detail: string;
  /** What to do about it; null when all is well. */
  readonly fix: string | null;
}

export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly dependencies: Readonly<
    Record<'postgres' | 'temporal' | 'worker' | 'outbox' | 'listener', DependencyHealth>
  >;
}

export interface Health {
  /** The state of everything now; what lies outside Postgres is as last seen. */
  read(): Promise<HealthReport>;
  stop(): void;
}

export interface HealthOptions {
  readonly database: Database;
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly isListening: () => boolean;
}

const lookMs = 2_000;
const answerWithinMs = 1_500;
/** A worker asks for work at least once a minute. */
const workerSeenWithinMs = 75_000;
const outboxLateMs = 10_000;
/** From Temporal's API: TaskQueueKind and TaskQueueType. */
const normalQueue = 1;
const workflowTasks = 1;

interface EngineHealth {
  readonly temporal: DependencyHealth;
  readonly worker: DependencyHealth;
}

/** Looks at Temporal and its pollers in the background, so that a report never waits for them. */
export function watchHealth(options: HealthOptions): Health {
  const { database, isListening } = options;
  let engine: EngineHealth = unseen('Not looked at yet.');
  let isStopped = false;
  let timer: NodeJS.Timeout;
  const look = async (): Promise<void> => {
    engine = await lookAtEngine(options);
    if (!isStopped) timer = setTimeout(() => void look(), lookMs);
  };
  void look();
  return {
    read: async () => {
      const outbox = await within(answerWithinMs, outboxHealth(database)).catch(() => null);
      return reportOf(engine, outbox, isListening());
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function reportOf(
  engine: EngineHealth,
  outbox: OutboxHealth | null,
  isListening: boolean,
): HealthReport {
  const dependencies = {
    postgres: postgresOf(outbox),
    ...engine,
    outbox: outboxOf(outbox),
    listener: listenerOf(isListening),
  };
  if (outbox === null) return { status: 'unavailable', dependencies };
  const isWell = Object.values(dependencies).every(({ status }) => status === 'ok');
  return { status: isWell ? 'ready' : 'degraded', dependencies };
}

const ok = (detail: string): DependencyHealth => ({ status: 'ok', detail, fix: null });

function postgresOf(outbox: OutboxHealth | null): DependencyHealth {
  if (outbox !== null) return ok('Answers.');
  const fix = 'Start Postgres, or mend DATABASE_URL. Nothing is lost meanwhile.';
  return { status: 'down', detail: 'Does not answer.', fix };
}

function outboxOf(outbox: OutboxHealth | null): DependencyHealth {
  if (outbox === null) {
    return { status: 'down', detail: 'Is in Postgres.', fix: 'See postgres.' };
  }
  const { pending, dead, oldestMs } = outbox;
  const oldest = pending === 0 ? '' : `, the oldest for ${Math.round(oldestMs / 1_000)} s`;
  const detail = `${pending} to deliver${oldest}, ${dead} given up.`;
  if (dead > 0) {
    const fix =
      'Temporal refused these for good: GET /v1/outbox?state=dead says why. ' +
      'When that is mended: POST /v1/outbox/:id/retries.';
    return { status: 'degraded', detail, fix };
  }
  return oldestMs > outboxLateMs
    ? { status: 'degraded', detail, fix: 'See temporal: they go out when it is back.' }
    : ok(detail);
}

function listenerOf(isListening: boolean): DependencyHealth {
  if (isListening) return ok('Connected.');
  const detail = 'Not connected: streams lag by up to a second.';
  const fix = 'LISTEN needs a direct connection: set LISTEN_DATABASE_URL.';
  return { status: 'degraded', detail, fix };
}

async function lookAtEngine(options: HealthOptions): Promise<EngineHealth> {
  const { connection, address, namespace, taskQueue } = options;
  try {
    const { pollers } = await connection.withDeadline(Date.now() + answerWithinMs, () =>
      connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue, kind: normalQueue },
        taskQueueType: workflowTasks,
      }),
    );
    const seen = (pollers ?? []).map(({ lastAccessTime }) => tsToMs(lastAccessTime ?? null));
    const temporal = ok(`Answers at ${address}.`);
    return { temporal, worker: workerOf(Math.max(0, ...seen), taskQueue) };
  } catch (error) {
    const failure = temporalFailureOf(error);
    const code = 'code' in failure ? failure.code : failure.kind;
    return unseen(`${address} answers ${code}.`);
  }
}

function workerOf(seenAt: number, taskQueue: string): DependencyHealth {
  const agoMs = Date.now() - seenAt;
  const fix = `Start a worker on the task queue ${taskQueue}: node dist/worker/main.js`;
  if (seenAt === 0) return { status: 'down', detail: 'None has asked for work.', fix };
  const detail = `Last asked for work ${Math.max(0, Math.round(agoMs / 1_000))} s ago.`;
  return agoMs <= workerSeenWithinMs ? ok(detail) : { status: 'down', detail, fix };
}

function unseen(detail: string): EngineHealth {
  const fix = 'Start Temporal, or mend TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.';
  return {
    temporal: { status: 'down', detail, fix },
    worker: { status: 'down', detail: 'Can only be seen through Temporal.', fix: 'See temporal.' },
  };
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('Late')), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
