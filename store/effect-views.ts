/** Effects as people read them: those of a run, one with its story, a page of parked ones. */
import { answersTo, type EffectStory } from '../contracts/effect-detail.js';
import type { EffectClass, EffectState, EffectView, Resolution } from '../contracts/effect.js';
import type { EventType, EventView } from '../contracts/event.js';
import { failures, isFailureCode } from '../contracts/failure.js';
import type { CallId, Digest, EffectKey, RunId } from '../contracts/ids.js';
import { storyEvents } from '../contracts/limits.js';
import type { Database } from './database.js';
import type { Prisma } from './generated/client.js';
import type { RunAddress } from './run-transaction.js';

/** An effect without what depends on who looks and from where. */
export type EffectRecord = Omit<EffectStory, 'story' | 'viewer' | 'links'>;

/** One effect with its story, or null. */
export async function findEffect(
  database: Database,
  tenantId: string,
  key: EffectKey,
): Promise<(EffectRecord & Pick<EffectStory, 'story'>) | null> {
  const row = await database.prisma.effect.findUnique({
    where: { tenantId_key: { tenantId, key } },
    include,
  });
  if (row === null) return null;
  const data = { path: ['key'], equals: key };
  const told = await database.prisma.event.findMany({
    where: { tenantId, runId: row.runId, type: { startsWith: 'effect-' }, data },
    orderBy: { seq: 'desc' },
    take: storyEvents,
  });
  return { ...recordOf(row), story: told.toReversed().map(eventOf) };
}

export interface ParkedFilter {
  readonly tenantId: string;
  readonly runId?: RunId;
  readonly limit: number;
  /** The last effect of the page before. */
  readonly after?: { readonly parkedAt: string; readonly key: string };
}

/** Parked effects, oldest first: the one that waits longest comes first. */
export async function listParked(
  database: Database,
  { tenantId, runId, limit, after }: ParkedFilter,
): Promise<EffectRecord[]> {
  const rows = await database.prisma.effect.findMany({
    where: {
      tenantId,
      state: 'parked',
      ...(runId === undefined ? {} : { runId }),
      ...(after === undefined
        ? {}
        : {
            OR: [
              { parkedAt: { gt: after.parkedAt } },
              { parkedAt: after.parkedAt, key: { gt: after.key } },
            ],
          }),
    },
    orderBy: [{ parkedAt: 'asc' }, { key: 'asc' }],
    take: limit,
    include,
  });
  return rows.map(recordOf);
}

/** The effects that take one back, for {@link effectView}. */
const withUndo = {
  undos: { select: { effectRow: { select: { key: true, state: true } } } },
};

const include = {
  ...withUndo,
  call: { select: { title: true, args: true, state: true } },
  run: { select: { agent: true, requestedBy: true } },
} satisfies Prisma.EffectInclude;

type Row = Prisma.EffectGetPayload<{ include: typeof include }>;

function recordOf(row: Row): EffectRecord {
  const isCallOpen = row.call.state !== 'finished';
  return {
    ...effectView(row),
    runId: row.runId as RunId,
    agent: row.run.agent,
    requestedBy: row.run.requestedBy,
    title: row.call.title,
    args: JSON.parse(row.call.args) as unknown,
    firstDispatchedAt: row.firstDispatchedAt?.toISOString() ?? null,
    lastDispatchedAt: row.dispatchedAt?.toISOString() ?? null,
    parked: parkedOf(row),
    remindedAt: row.remindedAt?.toISOString() ?? null,
    resolution: resolutionOf(row),
    answers: row.state === 'parked' ? answersTo({ isCallOpen }) : [],
  };
}

function parkedOf({ parkedAt, parkedCode }: Row): EffectRecord['parked'] {
  if (parkedAt === null) return null;
  const code =
    parkedCode !== null && isFailureCode(parkedCode) ? parkedCode : 'effect-outcome-unknown';
  const { title, hint } = failures[code];
  return { since: parkedAt.toISOString(), code, title, hint };
}

function resolutionOf(row: Row): EffectRecord['resolution'] {
  const { resolution, resolvedBy, resolvedAt, resolvedMessage } = row;
  if (resolution === null || resolvedBy === null || resolvedAt === null) return null;
  return {
    outcome: resolution as Resolution,
    by: resolvedBy,
    at: resolvedAt.toISOString(),
    message: resolvedMessage ?? '',
  };
}

const eventOf = (event: Prisma.EventGetPayload<object>): EventView => ({
  runId: event.runId as RunId,
  seq: event.seq,
  type: event.type as EventType,
  at: event.at.toISOString(),
  data: event.data,
});

/** The effects of a run, in the order of their calls; null when there is no such run. */
export async function listEffects(
  database: Database,
  { tenantId, runId }: RunAddress,
): Promise<EffectView[] | null> {
  const run = await database.prisma.run.findUnique({
    where: { tenantId_id: { tenantId, id: runId } },
    select: { effects: { orderBy: { call: { seq: 'asc' } }, include: withUndo } },
  });
  return run?.effects.map(effectView) ?? null;
}

/** An effect on the wire, by its row. */
function effectView(row: {
  key: string;
  callId: string;
  tool: string;
  class: string;
  state: string;
  argsDigest: string;
  externalRef: string | null;
  dispatches: number;
  updatedAt: Date;
  undos: { effectRow: { key: string; state: string } | null }[];
}): EffectView {
  const undo = row.undos[0]?.effectRow ?? null;
  return {
    key: row.key as EffectKey,
    callId: row.callId as CallId,
    tool: row.tool,
    class: row.class as EffectClass,
    state: row.state as EffectState,
    argsDigest: row.argsDigest as Digest,
    externalRef: row.externalRef,
    attempts: row.dispatches,
    undoneBy: undo?.state === 'confirmed' ? (undo.key as EffectKey) : null,
    updatedAt: row.updatedAt.toISOString(),
  };
}
