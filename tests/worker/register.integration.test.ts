/** Registration as the program that a start runs: all of a folder, or nothing of it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../runtime/project-root.js';
import { listAgents } from '../../store/agents.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { startProgram } from '../support/program.js';
import { testServers } from '../support/servers.js';

let test: TestDatabase;
let folder: string;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());
beforeEach(() => {
  folder = mkdtempSync(path.join(testServers().folder, 'agents-'));
  cpSync(path.join(projectRoot, 'agents'), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function register(): Promise<{ readonly code: number | null; readonly said: string }> {
  const program = startProgram(
    ['dist/worker/register.js', folder],
    { DATABASE_URL: test.url, MIGRATION_DATABASE_URL: test.ownerUrl, NODE_ENV: 'test' },
    path.join(folder, 'register.log'),
  );
  const code = await program.ended;
  return { code, said: program.output() };
}

const change = (agent: string, from: string, to: string): void => {
  const file = path.join(folder, agent, 'agent.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
};

const versions = async (): Promise<Readonly<Record<string, readonly string[]>>> =>
  Object.fromEntries(
    (await listAgents(test.database, 'default')).map(({ current, versions: all }) => [
      current.spec.name,
      [current.digest, ...all.map(({ digest }) => digest)],
    ]),
  );

describe('registration', () => {
  it('changes nothing of any agent where a file of one is wrong, and says all that is', async () => {
    const before = await versions();
    change('refund-desk', 'title: Refund desk', 'title: Refunds');
    change('analyst', 'turns: 400', 'turns: 4000');
    change('analyst', 'sql_query', 'sql_qery');
    const { code, said } = await register();
    expect(code).toBe(1);
    const file = path.join(folder, 'analyst', 'agent.yaml');
    expect(said).toContain(`${file}:17:5: tools.0: "sql_qery" is no tool: is sql_query meant?`);
    expect(said).toContain(`${file}:22:10: limits.turns: must be at most 1000; it is 4000`);
    expect(await versions()).toEqual(before);
  });

  it('adds a version where a file is another, keeps the ones before, and leaves the rest', async () => {
    const before = await versions();
    change('refund-desk', 'title: Refund desk', 'title: Refunds');
    expect(await register()).toMatchObject({ code: 0 });
    const after = await versions();
    expect(after['analyst']).toEqual(before['analyst']);
    const [current, ...all] = after['refund-desk'] ?? [];
    const [old] = before['refund-desk'] ?? [];
    expect(current).not.toBe(old);
    expect(all.toSorted()).toEqual([current, old].toSorted());
    // The same files again are the same version.
    await register();
    expect(await versions()).toEqual(after);
  });
});
