/**
 * Records a history of every kind of run on a real stack, for `replay.test.ts`. Run by
 * `npm run histories`, or of the kinds that are named; a release's histories are never recorded
 * again, only read.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { projectRoot } from '../../runtime/project-root.js';
import { registerDesk } from '../support/agents.js';
import setUp from '../support/global-setup.js';
import tearDown from '../support/global-teardown.js';
import { historiesOf, type History } from '../support/histories.js';
import { testServers } from '../support/servers.js';
import { startStack } from '../support/stack.js';
import { historiesFolder } from './folder.js';
import { continuedKinds, kinds, type Kind } from './kinds.js';

const shortHistory = 30;

type Kinds = Readonly<Record<string, Kind>>;

/** Of all kinds those that are named, or all where none is. */
const chosen = (all: Kinds, names: readonly string[]): Kinds =>
  names.length === 0
    ? all
    : Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));

async function record(folder: string, names: readonly string[]): Promise<void> {
  await setUp();
  try {
    const connection = await Connection.connect({ address: testServers().temporalAddress });
    const client = new Client({ connection });
    await recordAll(client, chosen(kinds, names), {}, folder);
    const environment = { TEMPORAL_HISTORY_EVENTS: String(shortHistory) };
    await recordAll(client, chosen(continuedKinds, names), environment, folder);
    await connection.close();
  } finally {
    await tearDown();
  }
}

async function recordAll(
  client: Client,
  recorded: Kinds,
  environment: Readonly<Record<string, string>>,
  folder: string,
): Promise<void> {
  if (Object.keys(recorded).length === 0) return;
  const stack = await startStack({ environment });
  try {
    const { database } = stack.test;
    await registerDesk(database, 'hasty-desk', ({ policy }) => ({
      policy: policy.map((rule) => ({ ...rule, expiresInMs: 2_000 })),
    }));
    await registerDesk(database, 'strict-desk', ({ policy }) => ({
      policy: policy.map((rule) => ({ ...rule, decision: 'deny' as const })),
    }));
    await registerDesk(database, 'patient-desk', ({ policy }) => ({
      policy: policy.map((rule) => ({ ...rule, undoWindowMs: 3_000 })),
    }));
    await registerDesk(database, 'curt-desk', ({ limits }) => ({
      limits: { ...limits, turns: 1 },
    }));
    for (const [name, bringAbout] of Object.entries(recorded)) {
      const histories = await historiesOf(client, await bringAbout(stack));
      for (const [index, { events }] of histories.entries()) {
        writeFileSync(path.join(folder, `${name}.${index + 1}.json`), textOf(events));
      }
      const counts = histories.map(({ events }) => events.length).join(' + ');
      process.stdout.write(`▸ ${name.padEnd(26)} ${counts} events\n`);
    }
  } finally {
    await stack.close();
  }
}

/** One event a line: a difference can be read. Without the names of processes and machines. */
function textOf(events: History['events']): string {
  const { events: plain } = JSON.parse(historyToJSON({ events: [...events] })) as {
    events: unknown[];
  };
  const lines = plain.map((event) =>
    JSON.stringify(event, (key, value: unknown) =>
      anonymousKeys.has(key) || (typeof value === 'string' && processName.test(value))
        ? 'recorded'
        : value,
    ),
  );
  return `{"events":[\n${lines.join(',\n')}\n]}\n`;
}

/** Who it was, and where its files were. */
const anonymousKeys: ReadonlySet<string> = new Set(['identity', 'stackTrace']);

/** A process and its host, as in the name of a worker's sticky queue. */
const processName = /^\d+@/;

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = path.join(historiesFolder, version);
  mkdirSync(folder, { recursive: true });
  await record(folder, process.argv.slice(2));
  process.stdout.write(`They are in ${path.relative(projectRoot, folder)}. Commit them.\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
