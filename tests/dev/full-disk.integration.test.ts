import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StackInfo } from '../../dev/stack-file.js';
import { openJournal } from '../../stand-ins/journal.js';
import { createApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { startProgram, type Program } from '../support/program.js';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.js';

let disk: SmallDisk | null;
let logs: string;
let belay: Program | undefined;
beforeAll(() => {
  disk = mountSmallDisk(300);
  logs = mkdtempSync(path.join(tmpdir(), 'belay-start-'));
});
afterAll(async () => {
  belay?.child.kill('SIGTERM');
  await belay?.ended;
  disk?.remove();
  rmSync(logs, { recursive: true, force: true });
});

/** Runs posted until one is refused; the answers of those before it. */
async function postUntilRefused(api: ReturnType<typeof createApi>) {
  const accepted: string[] = [];
  for (;;) {
    const order = 1_111 + accepted.length;
    const input = { message: `Refund order ${order}, it arrived broken. ${'x'.repeat(2_000)}` };
    const body = { agent: 'refund-desk', input };
    const answer = await api.call<{ id: string; code: string }>('POST', '/v1/runs', body);
    if (answer.status !== 202) return { accepted, refusal: answer };
    accepted.push(answer.body.id);
  }
}

it('goes through a full disk: what it answered is done afterwards, the rest is refused', async () => {
  if (disk === null) return;
  const folder = path.join(disk.folder, 'data');
  belay = startProgram(
    ['dev/start.mjs'],
    {
      HOME: process.env['HOME'] ?? logs,
      BELAY_DATA_DIR: folder,
      PORT: '0',
      TEMPORAL_CLI_PATH: process.env['BELAY_TEST_TEMPORAL_CLI'] ?? '',
    },
    path.join(logs, 'start.log'),
  );
  const { output } = belay;
  await eventually('the stack is ready', async () => output().includes('Belay is ready'), 60_000);
  const file = path.join(folder, 'stack.json');
  const { gatewayUrl } = JSON.parse(readFileSync(file, 'utf8')) as StackInfo;
  const api = createApi(gatewayUrl);

  const before = await api.start('Refund order 1110, it arrived broken');
  disk.fill();
  const { accepted, refusal } = await postUntilRefused(api);
  expect(refusal).toMatchObject({ status: 503, body: { code: 'database-unavailable' } });
  await eventually('it is told', async () => output().includes(`${folder} is full`));

  disk.free();
  for (const id of [before.id, ...accepted]) {
    expect(await api.until(id, 'ended')).toMatchObject({ status: 'completed' });
  }
  await eventually('it is told', async () => output().includes('MB free in'));
  expect(belay.running).toBe(true);
});

it('keeps no half line in a journal', () => {
  if (disk === null) return;
  const file = path.join(disk.folder, 'journal.jsonl');
  const journal = openJournal<string>(file);
  journal.append('before');
  disk.fill();
  expect(() => journal.append('x'.repeat(100_000))).toThrow('ENOSPC');
  disk.free();
  journal.append('after');
  journal.close();
  const again = openJournal<string>(file);
  expect(again.entries()).toEqual(['before', 'after']);
  again.close();
});
