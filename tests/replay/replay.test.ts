/** Histories of every release, replayed by the workflow's code as it is now. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { projectRoot } from '../../runtime/project-root.js';
import { quietRuntime } from '../support/quiet-runtime.js';
import { historiesFolder } from './folder.js';
import { continuedKinds, kinds } from './kinds.js';

quietRuntime();
jest.setTimeout(60_000);
const workflowBundle = { codePath: path.join(projectRoot, 'dist/workflow-bundle.js') };
const releases = readdirSync(historiesFolder);
const read = (release: string, file: string): unknown =>
  JSON.parse(readFileSync(path.join(historiesFolder, release, file), 'utf8'));

test.each(releases)('release %s has a history of every kind of run', (release) => {
  const files = readdirSync(path.join(historiesFolder, release));
  const recorded = new Set(files.map((file) => file.replace(/\.\d+\.json$/, '')));
  const expected = [...Object.keys(kinds), ...Object.keys(continuedKinds)];
  expect([...recorded].toSorted()).toEqual(expected.toSorted());
});

test.each(releases)(
  'every history of release %s is replayed without a difference',
  async (release) => {
    const histories = readdirSync(path.join(historiesFolder, release)).map((file) => ({
      workflowId: file,
      history: historyFromJSON(read(release, file)),
    }));
    const problems: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories(
      { workflowBundle },
      histories,
    )) {
      if (error) problems.push(`${workflowId}: ${error.message}`);
    }
    expect(problems).toEqual([]);
  },
);
