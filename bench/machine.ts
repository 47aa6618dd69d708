/** Where and with what a bench ran. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { projectRoot } from '../runtime/project-root.js';
import type { Database } from '../store/database.js';

/** Machine, date, versions and command, as a paragraph of Markdown. */
export async function circumstances(database: Database, command: string): Promise<string> {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memoryGib = Math.round(os.totalmem() / 2 ** 30);
  const { rows } = await database.pool.query<{ version: string }>(
    `SELECT current_setting('server_version') AS version`,
  );
  const load = os.loadavg()[0]?.toFixed(1) ?? '';
  const machine = `${os.availableParallelism()} × ${cpu}, ${memoryGib} GiB, ${os.type()} ${os.release()}`;
  const versions = [
    `Node ${process.versions.node}`,
    `PostgreSQL ${rows[0]?.version ?? ''}`,
    `Temporal SDK ${versionOf('@temporalio/worker')}`,
    'Temporal dev server with a file',
  ];
  return (
    `\`${command}\` on ${new Date().toISOString().slice(0, 10)}; ${machine}; ` +
    `${versions.join(', ')}. Everything shared these processors, the bench itself included; the ` +
    `load average before it began was ${load}.`
  );
}

function versionOf(name: string): string {
  const file = path.join(projectRoot, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
