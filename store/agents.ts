/** Agents and their versions: written by registration, never changed, pinned by every run (P10). */
import type { AgentSpec, AgentVersion } from '../contracts/agent.js';
import type { Digest } from '../contracts/ids.js';
import { canonicalJson } from '../runtime/digest.js';
import { prepared, type Database } from './database.js';

/** Writes versions and makes each the current one of its agent. Returns the names that changed. */
export async function registerAgents(
  database: Database,
  tenantId: string,
  versions: readonly AgentVersion[],
): Promise<string[]> {
  const changed: string[] = [];
  for (const { digest, spec } of versions) {
    const { rowCount } = await database.pool.query(registerSql, [
      tenantId,
      spec.name,
      digest,
      canonicalJson(spec),
    ]);
    if (rowCount === 1) changed.push(spec.name);
  }
  return changed;
}

/** One statement: no reader sees an agent whose current version is missing. */
const registerSql = `
  WITH version AS (
    INSERT INTO agent_version (tenant_id, agent, digest, spec) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING)
  INSERT INTO agent (tenant_id, name, current_version) VALUES ($1, $2, $3)
  ON CONFLICT (tenant_id, name) DO UPDATE
    SET current_version = $3, updated_at = clock_timestamp() WHERE agent.current_version <> $3`;

export interface CurrentVersion extends AgentVersion {
  /** Postgres's clock when it was read: a run that is pinned to it begins then. */
  readonly readAt: string;
}

/** The version a new run is pinned to, or null. */
export async function findCurrentVersion(
  database: Database,
  tenantId: string,
  agent: string,
): Promise<CurrentVersion | null> {
  const { rows } = await database.pool.query<{ digest: Digest; readAt: string }>(
    prepared(currentVersionSql, [tenantId, agent]),
  );
  const [current] = rows;
  if (current === undefined) return null;
  const version = await findVersion(database, tenantId, agent, current.digest);
  return version === null ? null : { ...version, readAt: current.readAt };
}

const currentVersionSql = `
  SELECT current_version AS digest, clock_timestamp() AS "readAt"
  FROM agent WHERE tenant_id = $1 AND name = $2`;

/** Versions never change, so each is parsed once a process. */
const parsed = new Map<Digest, AgentVersion>();
const parsedVersions = 500;

/** One version by its digest, or null. */
export async function findVersion(
  database: Database,
  tenantId: string,
  agent: string,
  digest: Digest,
): Promise<AgentVersion | null> {
  const known = parsed.get(digest);
  if (known?.spec.name === agent) return known;
  const row = await database.prisma.agentVersion.findUnique({
    where: { tenantId_agent_digest: { tenantId, agent, digest } },
  });
  if (row === null) return null;
  const version = { digest, spec: JSON.parse(row.spec) as AgentSpec };
  if (parsed.size >= parsedVersions) parsed.clear();
  parsed.set(digest, version);
  return version;
}

export interface AgentListing {
  readonly current: AgentVersion;
  readonly versions: readonly { readonly digest: Digest; readonly registeredAt: string }[];
}

/** Every agent with its current version and the names of all, in order of name. */
export async function listAgents(database: Database, tenantId: string): Promise<AgentListing[]> {
  const rows = await database.prisma.agent.findMany({
    where: { tenantId },
    orderBy: { name: 'asc' },
    include: { versions: { orderBy: { registeredAt: 'desc' } } },
  });
  return rows.flatMap((row) => {
    const current = row.versions.find((version) => version.digest === row.currentVersion);
    if (current === undefined) return [];
    const spec = JSON.parse(current.spec) as AgentSpec;
    return {
      current: { digest: current.digest as Digest, spec },
      versions: row.versions.map((version) => ({
        digest: version.digest as Digest,
        registeredAt: version.registeredAt.toISOString(),
      })),
    };
  });
}
