/** Principals as admins manage them: what they may, what is refused, and what is recorded. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { MeView, PrincipalView } from '../../contracts/principal-views.js';
import { createLog } from '../../runtime/log.js';
import { createApi } from '../support/api.js';
import { askRun } from '../support/asked-run.js';
import { openGateway, type TestGateway } from './gateway.js';
import { newName, peopleOf, statusOf, type Problem } from './people.js';

let gateway: TestGateway;
let people: ReturnType<typeof peopleOf>;
const warned: unknown[] = [];
const log = createLog({ service: 'test', level: 'error', format: 'json' });
beforeAll(async () => {
  gateway = await openGateway({
    log: { ...log, warn: (message, fields) => void warned.push([message, fields]) },
  });
  people = peopleOf(gateway);
});
afterAll(() => gateway.close());

describe('a principal', () => {
  test('is made, given a key that is shown once, and says who it is', async () => {
    const id = newName();
    const made = await people.make({ id, roles: ['approver', 'viewer'], labels: ['finance'] });
    expect(made).toMatchObject({
      status: 201,
      body: { id, roles: ['approver', 'viewer'], labels: ['finance'], revokedAt: null },
    });
    const given = await people.giveKey(id, { expiresIn: '30d' });
    expect(given.status).toBe(201);
    expect(given.headers.get('cache-control')).toBe('no-store');
    const { key, ...view } = given.body;
    expect(key).toMatch(new RegExp(`^belay_${view.id}_`));
    const lastsMs = Date.parse(view.expiresAt ?? '') - Date.parse(view.createdAt);
    expect(Math.abs(lastsMs - 30 * 86_400_000)).toBeLessThan(1_000);
    expect(await people.keysOf(id)).toEqual([view]);
    const me = await createApi(gateway.url, key ?? '').call<MeView>('GET', '/v1/me');
    expect(me.body).toMatchObject({
      id,
      roles: ['approver', 'viewer'],
      labels: ['finance'],
      permissions: expect.arrayContaining(['me:read', 'runs:read', 'approvals:decide']),
      keyId: view.id,
    });
    expect(me.body.permissions).not.toContain('principals:read');
    expect((await gateway.local.call<MeView>('GET', '/v1/me')).body).toMatchObject({
      id: 'local',
      keyId: null,
    });
  });

  test('has the rights of this moment: a change counts from the next request on', async () => {
    const { id, api } = await people.someone(['viewer']);
    const start = () => api.call('POST', '/v1/runs', { agent: 'nobody', input: {} });
    expect((await start()).status).toBe(403);
    expect((await people.change(id, { roles: ['operator'] })).body).toMatchObject({
      roles: ['operator'],
    });
    expect((await start()).status).toBe(422);
    expect((await people.change(id, { labels: ['night'] })).body).toMatchObject({
      roles: ['operator'],
      labels: ['night'],
    });
    await people.change(id, { roles: ['viewer'] });
    expect((await start()).status).toBe(403);
  });

  test('of a name that is taken is refused, and so is one that is not there', async () => {
    const id = newName();
    const twins = await Promise.all(Array.from({ length: 8 }, () => people.make({ id })));
    expect(twins.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const { status, body } of twins.filter((each) => each.status !== 201)) {
      expect([status, body['code']]).toEqual([409, 'principal-exists']);
    }
    for (const answer of [
      await people.change('nobody', { labels: [] }),
      await people.revoke('nobody'),
      await people.giveKey('nobody'),
      await people.revokeKey('00000000'),
      await people.revokeKey('nonsense'),
      await people.adam.call<Problem>('GET', '/v1/principals/nobody'),
      await people.adam.call<Problem>('GET', '/v1/principals/nobody/keys'),
      await people.adam.call<Problem>('GET', '/v1/principals/nobody/changes'),
      // Whoever sits at this machine is no one to be managed.
      await people.giveKey('local'),
      await people.adam.call<Problem>('GET', '/v1/principals/local'),
    ]) {
      expect([answer.status, answer.body['code']]).toEqual([404, 'not-found']);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
  });

  test.each([
    ['without a reason', { reason: ' ' }, '/reason'],
    ['with a role that does not exist', { roles: ['root'] }, '/roles/0'],
    ['without a role', { roles: [] }, '/roles'],
    ['with a role twice', { roles: ['viewer', 'viewer'] }, '/roles'],
    ['who configures and approves', { roles: ['admin', 'approver'] }, '/roles'],
    ['with a label called like a role', { labels: ['approver'] }, '/labels/0'],
    ['with more labels than there may be', { labels: [...'abcdefghijklmnopq'] }, '/labels'],
    ['called like the local user', { id: 'local' }, '/id'],
    ['with a name that is an address', { id: '../otto' }, '/id'],
    ['made in another’s name', { by: 'audrey' }, '/by'],
    ['of another tenant', { tenantId: 'other' }, '/tenantId'],
  ])('%s is refused', async (_name, body, pointer) => {
    const answer = await people.make({ id: newName(), ...body });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'invalid-request', errors: [{ pointer }] },
    });
  });

  test('cannot become both who configures and who approves', async () => {
    const { id } = await people.someone(['approver']);
    expect(await people.change(id, { roles: ['approver', 'admin'] })).toMatchObject({
      status: 422,
    });
    expect(await people.change(id, {})).toMatchObject({ status: 422 });
    expect(await people.giveKey(id, { expiresIn: '0s' })).toMatchObject({ status: 422 });
    expect(await people.giveKey(id, { expiresIn: '900d' })).toMatchObject({ status: 422 });
  });

  test('is found by name, page by page', async () => {
    const read = async (query: string) =>
      (
        await people.adam.call<{ data: PrincipalView[]; nextCursor: string | null }>(
          'GET',
          `/v1/principals?${query}`,
        )
      ).body;
    const whole = (await read('limit=200')).data.map(({ id }) => id);
    expect(whole).toEqual(whole.toSorted());
    expect(whole).toEqual(expect.arrayContaining(['adam', 'ana', 'otto']));
    expect(whole).not.toContain('local');
    const paged: string[] = [];
    let cursor = '';
    do {
      const page = await read(`limit=3&cursor=${cursor}`);
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(paged).toEqual(whole);
    expect((await people.adam.call('GET', '/v1/principals?cursor=x')).status).toBe(400);
  });
});

describe('an admin', () => {
  test('decides nothing', async () => {
    const { approvalId } = await askRun(gateway.local, gateway.test.database);
    const decision = { decision: 'reject', message: 'No.' };
    const answer = await people.adam.call<Problem>(
      'POST',
      `/v1/approvals/${approvalId}/decisions`,
      decision,
    );
    expect([answer.status, answer.body['code']]).toEqual([403, 'forbidden']);
  });

  test('of a row from before the two were kept apart decides nothing either', async () => {
    const { id, api } = await people.someone(['admin']);
    const owner = new Client({ connectionString: gateway.test.ownerUrl });
    await owner.connect();
    await owner.query('ALTER TABLE principal DROP CONSTRAINT principal_admin_approves_nothing');
    await owner.query(`UPDATE principal SET roles = '{admin,approver}' WHERE id = $1`, [id]);
    await owner.query(
      `ALTER TABLE principal ADD CONSTRAINT principal_admin_approves_nothing
       CHECK (NOT roles @> ARRAY['admin', 'approver']) NOT VALID`,
    );
    await owner.end();
    const { approvalId } = await askRun(gateway.local, gateway.test.database);
    const path = `/v1/approvals/${approvalId}/decisions`;
    expect((await api.call('POST', path, { decision: 'reject' })).status).toBe(403);
    const me = (await api.call<MeView>('GET', '/v1/me')).body;
    expect(me.permissions).toContain('principals:manage');
    expect(me.permissions).not.toContain('approvals:decide');
  });

  test('gives themselves no rights and no keys, and may give up what they have', async () => {
    const eve = await people.someone(['admin']);
    for (const answer of [
      await people.change(eve.id, { roles: ['approver'] }, eve.api),
      await people.change(eve.id, { labels: ['finance'] }, eve.api),
      await people.giveKey(eve.id, {}, eve.api),
    ]) {
      expect([answer.status, answer.body['code']]).toEqual([403, 'forbidden']);
      expect(answer.body['detail']).toContain('ask another admin');
    }
    expect((await people.revokeKey(eve.keyId, eve.api)).status).toBe(200);
    expect(await statusOf(eve.api)).toBe(401);
    expect((await people.changesOf(eve.id)).map(({ act }) => act)).toEqual([
      'key-revoked',
      'key-made',
      'made',
    ]);
  });

  test('gives no approver a key in silence: it is recorded for good, and the log warns', async () => {
    const { id, keyId } = await people.someone(['approver'], ['finance']);
    const [given] = await people.changesOf(id);
    expect(given).toMatchObject({ act: 'key-made', by: 'adam', reason: 'A test.', keyId });
    expect(warned).toContainEqual([
      'An approver was changed, or given a key',
      { requestId: expect.any(String), principal: 'adam', subject: id, code: 'key-made' },
    ]);
  });
});

describe('the record of changes', () => {
  test('says of each who did it, when, why, and what the rights are after it', async () => {
    const id = newName();
    await people.make({ id, reason: 'She starts today.' });
    await people.change(id, { roles: ['operator'], labels: ['night'], reason: 'She is on call.' });
    const { body } = await people.giveKey(id, { reason: 'For her terminal.' });
    await people.revokeKey(body.id);
    await people.revoke(id);
    const rights = { roles: ['operator'], labels: ['night'] };
    const changes = await people.changesOf(id);
    expect(changes).toMatchObject([
      { act: 'revoked', by: 'adam', reason: 'She left.', keyId: null, ...rights },
      { act: 'key-revoked', by: 'adam', reason: 'It leaked.', keyId: body.id, ...rights },
      { act: 'key-made', by: 'adam', reason: 'For her terminal.', keyId: body.id, ...rights },
      { act: 'changed', by: 'adam', reason: 'She is on call.', keyId: null, ...rights },
      { act: 'made', by: 'adam', reason: 'She starts today.', roles: ['viewer'], labels: [] },
    ]);
    for (const { at, principalId } of changes) {
      expect([Number.isNaN(Date.parse(at)), principalId]).toEqual([false, id]);
    }
    expect(JSON.stringify(changes)).not.toContain(body.key?.slice(15));
  });

  test('holds nothing of what was refused, and nothing twice', async () => {
    const id = newName();
    const headers = { 'idempotency-key': 'make-1' };
    const first = await people.make({ id }, people.adam, headers);
    const again = await people.make({ id }, people.adam, headers);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    await people.make({ id });
    await people.change(id, { roles: ['root'] });
    await people.giveKey(id, {}, gateway.as('audrey'));
    expect((await people.changesOf(id)).map(({ act }) => act)).toEqual(['made']);
  });

  test('names nobody for the people of the demo, who came by the command line', async () => {
    const changes = await people.changesOf('ana', people.adam);
    expect(changes.map(({ act, by }) => [act, by])).toEqual([
      ['key-made', null],
      ['made', null],
    ]);
  });
});
