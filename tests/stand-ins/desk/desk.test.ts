import { afterEach, describe, expect, test } from '@jest/globals';
import type { RunningStandIn } from '../../../stand-ins/http.js';
import { searchLagMs, startDeskStandIn, type DeskOptions } from '../../../stand-ins/desk/server.js';
import type { Ticket } from '../../../stand-ins/desk/ticket.js';
import { eventually } from '../../support/eventually.js';
import { journalPaths } from '../../support/stand-in-folder.js';

const nextJournal = journalPaths();
const running: RunningStandIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((standIn) => standIn.close()));
});

async function start(options: Partial<DeskOptions> = {}): Promise<RunningStandIn> {
  const standIn = await startDeskStandIn({ port: 0, journalPath: nextJournal(), ...options });
  running.push(standIn);
  return standIn;
}

const json = { authorization: 'Bearer desk_test_x', 'content-type': 'application/json' };

async function call(
  { url }: RunningStandIn,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = json,
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: text }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const ticket = { subject: 'Broken', body: 'It came broken.', requester: 'eve@example.com' };
const post = (desk: RunningStandIn, change: object = {}) =>
  call(desk, 'POST', '/tickets', { ...ticket, ...change });
const search = async (desk: RunningStandIn, ref: string): Promise<readonly string[]> => {
  const { body } = await call(desk, 'GET', `/tickets?externalRef=${ref}`);
  return (body as { data: Ticket[] }).data.map(({ id }) => id);
};
const put = (desk: RunningStandIn, path: string, text: string) =>
  call(desk, 'PUT', `/tickets/${path}`, { text });
const kindsIn = async (desk: RunningStandIn): Promise<readonly string[]> => {
  const { body } = await call(desk, 'GET', '/journal', undefined, {});
  return (body as { data: { kind: string }[] }).data.map(({ kind }) => kind);
};

describe('tickets', () => {
  test('are made anew by every request, whatever its reference', async () => {
    const desk = await start();
    const first = await post(desk, { externalRef: 'k' });
    expect(first).toMatchObject({ status: 201, body: { ...ticket, id: 'T-1', status: 'open' } });
    expect(first.headers.get('location')).toBe('/tickets/T-1');
    expect((await post(desk, { externalRef: 'k' })).body).toMatchObject({ id: 'T-2' });
    expect((await call(desk, 'GET', '/tickets/T-1')).body).toEqual(first.body);
  });

  test('are found by their reference only after the lag, and by their id at once', async () => {
    let time = Date.UTC(2026, 0, 1);
    const desk = await start({ now: () => time });
    await post(desk, { externalRef: 'k' });
    await post(desk, { externalRef: 'other' });
    time += searchLagMs - 1;
    expect(await search(desk, 'k')).toEqual([]);
    expect((await call(desk, 'GET', '/tickets/T-1')).status).toBe(200);
    time += 1;
    expect(await search(desk, 'k')).toEqual(['T-1']);
  });

  test('and notes outlive the process', async () => {
    const journalPath = nextJournal();
    const desk = await start({ journalPath });
    await post(desk, { externalRef: 'k', body: '[desk-lost-reply]' }).catch(() => undefined);
    await put(desk, 'T-1/notes/a', 'Called.');
    running.splice(0);
    await desk.close();
    const again = await start({ journalPath, now: () => Date.now() + searchLagMs });
    expect(await search(again, 'k')).toEqual(['T-1']);
    const { body } = await call(again, 'GET', '/tickets/T-1');
    expect(body).toMatchObject({ notes: [{ id: 'a', text: 'Called.' }] });
    expect((await post(again, { externalRef: 'k', body: '[desk-lost-reply]' })).status).toBe(201);
  });
});

describe('a note', () => {
  test('is written once, and written over by one of the same name', async () => {
    const desk = await start();
    await post(desk);
    expect((await put(desk, 'T-1/notes/a', 'Called.')).status).toBe(201);
    expect((await put(desk, 'T-1/notes/b', 'Wrote.')).status).toBe(201);
    expect((await put(desk, 'T-1/notes/a', 'Called.')).status).toBe(200);
    const { body } = await call(desk, 'GET', '/tickets/T-1');
    const notes = (body as Ticket).notes.map(({ id, text }) => [id, text]);
    expect(notes.toSorted()).toEqual([
      ['a', 'Called.'],
      ['b', 'Wrote.'],
    ]);
  });

  test('is refused where there is no ticket, and where it is closed', async () => {
    const desk = await start();
    await post(desk, { body: 'Settled. [desk-closed]' });
    expect(await put(desk, 'T-1/notes/a', 'x')).toMatchObject({
      status: 409,
      body: { error: { code: 'ticket_closed' } },
    });
    expect((await put(desk, 'T-9/notes/a', 'x')).status).toBe(404);
    expect(await kindsIn(desk)).toEqual(['ticket']);
  });
});

describe('what is refused', () => {
  test.each([
    ['an unknown field', { priority: 'high' }],
    ['an empty subject', { subject: '' }],
    ['a subject of two lines', { subject: 'a\r\nb' }],
    ['no mail address', { requester: 'eve' }],
    ['a body without end', { body: 'a'.repeat(10_001) }],
    ['a reference that is none', { externalRef: 'a b' }],
  ])('%s', async (_what, change) => {
    const desk = await start();
    expect(await post(desk, change)).toMatchObject({
      status: 422,
      body: { error: { code: 'bad_fields' } },
    });
    expect(await kindsIn(desk)).toEqual([]);
  });

  test.each([
    [400, 'POST', '/tickets', '{', json],
    [415, 'POST', '/tickets', ticket, { ...json, 'content-type': 'text/plain' }],
    [401, 'POST', '/tickets', ticket, { 'content-type': 'application/json' }],
    [401, 'POST', '/tickets', ticket, { ...json, authorization: 'Bearer sk_test_x' }],
    [400, 'GET', '/tickets', undefined, json],
    [400, 'GET', '/tickets?subject=a', undefined, json],
    [400, 'GET', '/tickets?externalRef=a&limit=1', undefined, json],
    [404, 'GET', '/tickets/T-1', undefined, json],
    [404, 'DELETE', '/tickets/T-1', undefined, json],
  ])('with %i: %s %s', async (status, method, path, body, headers) => {
    expect((await call(await start(), method, path, body, headers)).status).toBe(status);
  });
});

describe('failures on request', () => {
  test.each([
    ['[desk-500]', { status: 500 }, ['fault']],
    ['[desk-500-after]', { status: 500 }, ['fault', 'ticket']],
    ['[desk-busy]', { status: 429 }, ['fault']],
  ])('%s comes once, and then it works', async (word, answer, kinds) => {
    const desk = await start();
    expect(await post(desk, { body: word })).toMatchObject(answer);
    expect(await kindsIn(desk)).toEqual(kinds);
    expect((await post(desk, { body: word })).status).toBe(201);
    expect((await post(desk, { body: word, externalRef: 'another' })).status).toBe(answer.status);
  });

  test('a reply is lost once it was done', async () => {
    const desk = await start();
    await post(desk);
    await expect(put(desk, 'T-1/notes/a', '[desk-lost-reply]')).rejects.toThrow();
    expect(await kindsIn(desk)).toEqual(['ticket', 'fault', 'note']);
    expect((await put(desk, 'T-1/notes/a', '[desk-lost-reply]')).status).toBe(200);
  });

  test('a stalled request is not done and never answered', async () => {
    const desk = await start();
    const stalled = post(desk, { body: '[desk-stall]' });
    await Promise.all([expect(stalled).rejects.toThrow(), endOnceFaulted(desk)]);
  });

  test('a slow one is done after the pause', async () => {
    let kindsBefore: readonly string[] = [];
    const desk: RunningStandIn = await start({
      pause: async () => {
        kindsBefore = await kindsIn(desk);
      },
    });
    expect((await post(desk, { body: '[desk-slow]' })).status).toBe(201);
    expect(kindsBefore).toEqual(['fault']);
  });

  /** Ends the desk as soon as it has the request: what it never answers breaks then. */
  async function endOnceFaulted(desk: RunningStandIn): Promise<void> {
    await eventually('it has the request', async () => (await kindsIn(desk)).length > 0);
    expect(await kindsIn(desk)).toEqual(['fault']);
    running.splice(running.indexOf(desk), 1);
    await desk.close();
  }
});
