/** Gateways and workers as processes, with the keys that they are given. */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSigner, newPrivateKey } from '../../runtime/signing.js';
import { startProgram } from '../support/program.js';
import { testPepper, testServers } from '../support/servers.js';
import { publicKeyOf, signing, trusting } from '../support/signing-keys.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const endsWithinMs = 20_000;

/** What a program says that is to end by itself; one that goes on instead is ended without a code. */
async function refusalOf(program: string, keys: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(path.join(testServers().folder, 'keys-'));
  const environment = { DATABASE_URL: stack.test.url, TEMPORAL_ADDRESS: '127.0.0.1:1', ...keys };
  const started = startProgram([program], environment, path.join(folder, 'log'));
  const late = setTimeout(() => started.child.kill('SIGKILL'), endsWithinMs);
  const code = await started.ended;
  clearTimeout(late);
  return { code, output: started.output() };
}

describe('the keys of processes', () => {
  it('a gateway without one does not start, and says how one is made', async () => {
    const { code, output } = await refusalOf('dist/server/main.js', {
      API_KEY_PEPPER: testPepper,
    });
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringContaining('node dist/server/make-signing-key.js'),
    });
  });

  it('a worker without one does not start, and says what is missing', async () => {
    const { code, output } = await refusalOf('dist/worker/main.js', {});
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringContaining('TRUSTED_KEYS_FILE: is needed'),
    });
  });

  it('a worker that could sign by itself does not start', async () => {
    const privateKey = newPrivateKey();
    const keys = { ...trusting(privateKey), ...signing(privateKey) };
    const { code, output } = await refusalOf('dist/worker/main.js', keys);
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringContaining('SIGNING_KEY: is for gateways alone'),
    });
    expect(output).not.toContain(privateKey.split('\n')[1]);
  });

  it('a second gateway signs with a key of its own, and a worker that trusts both carries on', async () => {
    const privateKey = newPrivateKey();
    const second = await stack.secondGateway(privateKey);
    await stack.worker.kill();
    await stack.worker.start(trusting(testServers().signingKey, privateKey));
    const run = await second.api.start('Refund order 7101');
    const [approval] = await second.api.untilAsked(run.id);
    expect((await second.api.decide(approval!, 'approve')).status).toBe(200);
    expect((await second.api.until(run.id, 'ended')).status).toBe('completed');
    expect(second.log()).toContain(createSigner(privateKey).keyId);
    expect(stack.gateway.log()).toContain(publicKeyOf(testServers().signingKey).keyId);
  });
});
