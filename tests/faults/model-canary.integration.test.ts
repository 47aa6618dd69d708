/** What models say and are sent, the keys they are asked with, and what they echo stays out of logs and histories. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import { withClient } from '../../store/with-client.js';
import { registerDesk } from '../support/agents.js';
import { eventually } from '../support/eventually.js';
import { historiesOf } from '../support/histories.js';
import { testServers } from '../support/servers.js';
import { startStack, type TestStack } from '../support/stack.js';
import { watchRun, type WatchedRun } from '../support/watched-run.js';
import type { ScriptedApi } from '../activities/models/scripted-api.js';
import { startLeakyModel, type Story } from './leaky-model.js';
import { textIn } from './text-in.js';

jest.setTimeout(300_000);

const canary = 'CANARYb41e';
const longOrder = '42';
const keys = { anthropic: `sk-ant-${canary}-a`, openai: `sk-${canary}-o` };

/** Those who follow the runs of the stories. */
const watchers: WatchedRun[] = [];
const showsWord = ({ shown }: WatchedRun) => shown.some(({ text }) => text.includes(canary));
const untilSeen = () =>
  eventually('a reader sees the word', () => Promise.resolve(watchers.some(showsWord)));

let stack: TestStack;
let model: ScriptedApi;
let connection: Connection;
beforeAll(async () => {
  model = await startLeakyModel({ word: canary, longOrder, untilSeen });
  const environment = {
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: keys.anthropic,
    OPENAI_BASE_URL: `${model.url}/chat`,
    OPENAI_API_KEY: keys.openai,
  };
  stack = await startStack({
    environment: { LOG_LEVEL: 'debug' },
    worker: { program: ['worker/main'], environment },
  });
  connection = await Connection.connect({ address: testServers().temporalAddress });
  const { database } = stack.test;
  await registerDesk(database, 'small-desk', ({ limits }) => ({
    limits: { ...limits, outputTokensPerTurn: 1_000, contextTokens: 4_000 },
  }));
  await registerDesk(database, 'chat-desk', () => ({
    models: [{ provider: 'openai-compatible', model: 'chatty' }],
  }));
  // Longer than what a model is shown at once.
  const note = `${canary} `.repeat(6_000);
  await withClient(stack.test.ownerUrl, (client) =>
    client.query('UPDATE shop.orders SET note = $1 WHERE order_id = $2', [note, longOrder]),
  );
});
afterAll(async () => {
  await connection?.close();
  await Promise.all([stack?.close(), model?.close()]);
});

const agents: Readonly<Record<Story, string>> = {
  thinks: 'refund-desk',
  declines: 'refund-desk',
  echoes: 'refund-desk',
  grows: 'small-desk',
  reads: 'refund-desk',
  chats: 'chat-desk',
};

async function play(story: Story): Promise<RunView> {
  const { id } = await stack.api.start(`It ${story} about ${canary}`, {}, agents[story]);
  const watched = watchRun(stack.gatewayUrl, id);
  watchers.push(watched);
  const run = await stack.api.until(id, 'ended');
  await watched.done;
  return run;
}

/** What people may read: messages, results that were cut, and who wrote a summary. */
async function contentOf(runId: string): Promise<string> {
  const texts = await Promise.all(
    ['message', 'kept_result', 'call'].map((table) =>
      stack.test.database.pool.query(`SELECT * FROM ${table} WHERE run_id = $1`, [runId]),
    ),
  );
  return texts.map(({ rows }) => textIn(rows)).join('\n');
}

/** Everything that the engine keeps of a run and shows of it, all its histories. */
async function engineTextOf(runId: string): Promise<string> {
  const client = new Client({ connection });
  const { raw } = await client.workflow.getHandle(runId).describe();
  return [textIn(await historiesOf(client, runId)), textIn(raw)].join('\n');
}

it('no history, log line, probe or failure carries what models say, are sent and are asked with', async () => {
  const stories = Object.keys(agents) as Story[];
  const runs = await Promise.all(stories.map(play));
  const byStory = Object.fromEntries(stories.map((story, at) => [story, runs[at]!]));
  const types = async (story: Story) =>
    (await stack.api.events(byStory[story]!.id)).map(({ type }) => type);

  // Each story took the path that it is about, and the word was there to be leaked.
  const statuses = Object.fromEntries(stories.map((story) => [story, byStory[story]!.status]));
  expect(statuses).toEqual({
    ...Object.fromEntries(stories.map((story) => [story, 'completed'])),
    echoes: 'failed',
  });
  expect(byStory['echoes']?.failure?.code).toBe('model-rejected');
  expect(await types('declines')).toContain('model-switched');
  expect(await types('grows')).toContain('conversation-compacted');
  expect(await types('echoes')).toContain('turn-retrying');
  const calls = await stack.api.calls(byStory['reads']!.id);
  expect(calls).toMatchObject([
    { tool: 'lookup_order', outcome: 'succeeded' },
    { tool: 'read_result', outcome: 'succeeded' },
  ]);
  expect(watchers.some(showsWord)).toBe(true);
  for (const story of stories) {
    const content = await contentOf(byStory[story]!.id);
    if (story !== 'echoes') expect(content).toContain(canary);
    if (story === 'thinks') expect(content).toContain(`signed-${canary}`);
    if (story === 'grows') expect(content).toContain(`All about ${canary}`);
  }

  const read = (file: string) => readFileSync(path.join(testServers().folder, file), 'utf8');
  const places: Record<string, string> = {
    gateway: stack.gateway.log(),
    worker: stack.worker.log(),
    temporal: read('temporal.log'),
    postgres: read('pg/postgres.log'),
    readyz: JSON.stringify((await stack.api.call('GET', '/readyz')).body),
    livez: JSON.stringify((await stack.api.call('GET', '/livez')).body),
  };
  for (const story of stories) {
    const run = byStory[story]!;
    places[`history of ${story}`] = await engineTextOf(run.id);
    places[`failure of ${story}`] = JSON.stringify([run.failure, run.waitingFor]);
    const attempts = await stack.test.database.pool.query(
      'SELECT * FROM turn_attempt WHERE run_id = $1',
      [run.id],
    );
    places[`model calls of ${story}`] = textIn(attempts.rows);
  }
  const found = Object.entries(places).filter(([, text]) =>
    text.toLowerCase().includes(canary.toLowerCase()),
  );
  expect(found.map(([place]) => place)).toEqual([]);
  expect(places['worker']).toContain('Activity failed, tried again');
  expect(places['history of grows']).toContain('turn 1');
});
