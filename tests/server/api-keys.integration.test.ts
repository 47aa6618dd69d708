/** API keys over HTTP, and what a revocation stops: at once, everywhere, and for good. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKeyring } from '../../store/keyring.js';
import { createApi } from '../support/api.js';
import { askRun } from '../support/asked-run.js';
import { testPepper } from '../support/servers.js';
import { openGateway, type TestGateway } from './gateway.js';
import { newName, peopleOf, statusOf } from './people.js';
import { readStream } from './read-stream.js';

let gateway: TestGateway;
let people: ReturnType<typeof peopleOf>;
beforeAll(async () => {
  gateway = await openGateway();
  people = peopleOf(gateway);
});
afterAll(() => gateway.close());

describe('a key', () => {
  test('is revoked on its own: the others of its principal go on', async () => {
    const { id, keyId, api } = await people.someone();
    const other = createApi(gateway.url, (await people.giveKey(id)).body.key ?? '');
    expect([await statusOf(api), await statusOf(other)]).toEqual([200, 200]);
    const revoked = await people.revokeKey(keyId);
    expect(revoked).toMatchObject({ status: 200, body: { id: keyId, principalId: id } });
    expect(revoked.body.revokedAt).toEqual(expect.any(String));
    expect([await statusOf(api), await statusOf(other)]).toEqual([401, 200]);
    expect(await people.revokeKey(keyId)).toMatchObject({
      status: 409,
      body: {
        code: 'api-key-revoked',
        decidedBy: 'adam',
        decidedAt: expect.any(String),
        detail: expect.stringContaining('It leaked.'),
      },
    });
    expect(await people.keysOf(id)).toMatchObject([{ revokedAt: null }, { id: keyId }]);
  });

  test('that is asked for again under one Idempotency-Key is one key, and is not shown again', async () => {
    const id = newName();
    await people.make({ id });
    const headers = { 'idempotency-key': 'key-1' };
    const first = await people.giveKey(id, {}, people.adam, headers);
    const again = await people.giveKey(id, {}, people.adam, headers);
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual({ ...first.body, key: null });
    expect(await people.keysOf(id)).toHaveLength(1);
    const kept = await gateway.test.database.pool.query('SELECT * FROM idempotency');
    expect(JSON.stringify(kept.rows)).toContain(first.body.id);
    expect(JSON.stringify(kept.rows)).not.toContain(first.body.key?.slice(15));
    expect(await people.giveKey(id, { expiresIn: '1d' }, people.adam, headers)).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
  });

  test('in any other place than its header names nobody', async () => {
    const { key, keyId } = await people.someone();
    for (const authorization of [
      `Basic ${key}`,
      key,
      `Bearer ${key}x`,
      `Bearer ${key} ${key}`,
      `Bearer belay_${keyId}_`,
      `Bearer BELAY_${key.slice(6)}`,
      'Bearer',
    ]) {
      const answer = await gateway.local.call('GET', '/v1/me', undefined, { authorization });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
    }
    const inAddress = await openGateway({ isLocalAllowed: false });
    const answer = await inAddress.local.call('GET', `/v1/me?key=${key}&access_token=${key}`);
    expect(answer.status).toBe(401);
    await inAddress.close();
  });
});

describe('a revoked principal', () => {
  test('is nobody from then on, with every key and in every gateway, for good', async () => {
    const { id, api, key } = await people.someone();
    // What another gateway on the same database asks.
    const elsewhere = createKeyring(gateway.test.database, [testPepper]);
    expect(await elsewhere.find('default', key)).toMatchObject({ principal: { id } });
    const other = createApi(gateway.url, (await people.giveKey(id)).body.key ?? '');
    const revoked = await people.revoke(id);
    expect(revoked).toMatchObject({ status: 200, body: { id } });
    expect([await statusOf(api), await statusOf(other)]).toEqual([401, 401]);
    expect(await elsewhere.find('default', key)).toBeNull();
    const said = {
      status: 409,
      body: {
        code: 'principal-revoked',
        currentStatus: 'revoked',
        decidedBy: 'adam',
        detail: expect.stringContaining('She left.'),
      },
    };
    expect(await people.revoke(id)).toMatchObject(said);
    expect(await people.giveKey(id)).toMatchObject(said);
    expect(await people.change(id, { roles: ['viewer'] })).toMatchObject(said);
    expect(await people.make({ id })).toMatchObject({
      status: 409,
      body: { code: 'principal-exists' },
    });
    const keys = await people.keysOf(id);
    expect(keys.map(({ revokedAt }) => revokedAt)).toEqual(keys.map(() => revoked.body.revokedAt));
  });

  test('that is revoked by several at once is revoked by one of them', async () => {
    const { id } = await people.someone();
    const eve = (await people.someone(['admin'])).api;
    const all = await Promise.all([
      people.revoke(id),
      people.revoke(id, eve),
      people.revoke(id),
      people.revoke(id, eve),
    ]);
    expect(all.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    expect((await people.changesOf(id)).filter(({ act }) => act === 'revoked')).toHaveLength(1);
  });

  test.each(['key', 'principal'] as const)(
    'or key is heard no more within five seconds where a stream is open (%s)',
    async (what) => {
      const { runId } = await askRun(gateway.local, gateway.test.database);
      const { id, keyId, key } = await people.someone();
      const other = await people.someone();
      let isFollowing = (): void => undefined;
      const following = new Promise<void>((resolve) => (isFollowing = resolve));
      const url = `${gateway.url}/v1/runs/${runId}/events`;
      const streamOf = (its: string) =>
        readStream(url, null, Infinity, isFollowing, { authorization: `Bearer ${its}` });
      const reading = streamOf(key);
      await following;
      let isOver = false;
      const others = streamOf(other.key).finally(() => (isOver = true));
      await (what === 'key' ? people.revokeKey(keyId) : people.revoke(id));
      const ended = await Promise.race([reading, wait(5_000, null, { ref: false })]);
      expect(ended?.text).toContain(': this key no longer works');
      expect([ended?.isEnded, isOver]).toEqual([false, false]);
      await people.revokeKey(other.keyId);
      await others;
    },
  );
});
