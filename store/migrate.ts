/** Applies prisma/migrations with Prisma's own schema engine, as WebAssembly: nothing to download. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type * as Engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import { DatabaseError, Pool } from 'pg';
import { projectRoot } from '../runtime/project-root.js';

/** What wasm-bindgen makes of the engine beside the functions that it types. */
interface EngineInternals {
  __wbg_set_wasm(exports: object): void;
}

/** Node's, of which its types say nothing. */
declare const WebAssembly: {
  instantiate(
    binary: Uint8Array,
    imports: Readonly<Record<string, object>>,
  ): Promise<{ readonly instance: { readonly exports: { __wbindgen_start(): void } } }>;
};

/**
 * Brings the database to the newest migration and returns the names that were applied: none when
 * it was there already. The URL is the owner's. It keeps `_prisma_migrations`, so that
 * `prisma migrate deploy` and this see the same state. Throws what the engine says of a migration
 * that fails.
 */
export async function migrate(url: string): Promise<readonly string[]> {
  const prisma = path.join(projectRoot, 'prisma');
  const baseDir = path.join(prisma, 'migrations');
  const [schema, lockfile, migrationDirectories] = await Promise.all([
    readFile(path.join(prisma, 'schema.prisma'), 'utf8'),
    readFile(path.join(baseDir, 'migration_lock.toml'), 'utf8'),
    readMigrations(baseDir),
  ]);
  // One connection, so that the engine's advisory lock covers all that it does.
  const pool = new Pool({ connectionString: url, max: 1 });
  const engine = await openEngine(pool, schema);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: {
        baseDir,
        lockfile: { path: 'migration_lock.toml', content: lockfile },
        shadowDbInitScript: '',
        migrationDirectories,
      },
      filters: { externalTables: [], externalEnums: [] },
    });
    return appliedMigrationNames;
  } finally {
    engine.free();
    await pool.end();
  }
}

async function readMigrations(baseDir: string): Promise<Engine.MigrationDirectory[]> {
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.toSorted().map(async (name): Promise<Engine.MigrationDirectory> => {
      const value = await readFile(path.join(baseDir, name, 'migration.sql'), 'utf8');
      return {
        path: name,
        migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } },
      };
    }),
  );
}

async function openEngine(pool: Pool, schema: string): Promise<Engine.SchemaEngine> {
  const engine = await loadEngine();
  const factory = bindMigrationAwareSqlAdapterFactory(wholeScripts(pool));
  const ignoreLog = () => undefined;
  return engine.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, ignoreLog, factory);
}

/**
 * The adapter cuts a script at every semicolon, also within a function body, and sends the pieces
 * one by one. A migration goes to Postgres as it is written, and in one transaction.
 */
function wholeScripts(pool: Pool): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg(pool);
  const withScripts = (adapter: SqlDriverAdapter): SqlDriverAdapter =>
    Object.assign(adapter, {
      executeScript: async (script: string): Promise<void> => {
        await pool.query(script).catch(rethrow);
      },
    });
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => withScripts(await factory.connect()),
    connectToShadowDb: () => factory.connectToShadowDb(),
  };
}

/** Gives the engine Postgres's own words. */
function rethrow(error: unknown): never {
  if (!(error instanceof DatabaseError)) throw error;
  const { code = 'N/A', severity = 'ERROR', message, detail, column, hint } = error;
  throw new DriverAdapterError({
    kind: 'postgres',
    code,
    severity,
    message,
    detail,
    column,
    hint,
    originalCode: code,
    originalMessage: message,
  });
}

let loaded: Promise<typeof Engine> | undefined;

/** The package's own entry imports the binary as a module, which Node cannot do: wire it by hand. */
function loadEngine(): Promise<typeof Engine> {
  loaded ??= instantiate();
  return loaded;
}

async function instantiate(): Promise<typeof Engine> {
  const engine = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const script = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const binary = await readFile(path.join(path.dirname(script), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(binary, {
    './schema_engine_bg.js': { ...engine, ...idleTimers(engine) },
  });
  (engine as unknown as EngineInternals).__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return engine;
}

/** The engine leaves the timer of its lock running for 10 s: no reason for a process to stay. */
function idleTimers(engine: object): Readonly<Record<string, unknown>> {
  const names = Object.keys(engine).filter((name) => name.startsWith('__wbg_setTimeout_'));
  const setIdle = (callback: () => void, delayMs: number) =>
    setTimeout(callback, delayMs >>> 0).unref();
  return Object.fromEntries(names.map((name) => [name, setIdle]));
}
