import { describe, expect, test } from '@jest/globals';
import { findLocalRefusal, isLoopback, type LocalCaller } from '../../server/local-caller.js';

const person: LocalCaller = {
  peer: '127.0.0.1',
  port: 3000,
  host: 'localhost:3000',
  origin: undefined,
  fetchSite: undefined,
  headers: ['host', 'user-agent', 'content-type'],
};

describe('the local user is', () => {
  const people: readonly [string, Partial<LocalCaller>][] = [
    ['a script of this machine', {}],
    ['one that calls by number', { host: '127.0.0.1:3000' }],
    ['one that calls by IPv6', { host: '[::1]:3000', peer: '::1' }],
    ['one whose IPv4 arrives at an IPv6 socket', { peer: '::ffff:127.0.0.1' }],
    ['the console', { origin: 'http://localhost:3000', fetchSite: 'same-origin' }],
    ['someone who types the address', { fetchSite: 'none' }],
    ['someone on port 80, which browsers leave out', { port: 80, host: 'localhost' }],
  ];
  test.each(people)('%s', (_name, differs) => {
    expect(findLocalRefusal({ ...person, ...differs })).toBeNull();
  });
});

describe('the local user is not', () => {
  const others: readonly [string, Partial<LocalCaller>, string][] = [
    ['another machine', { peer: '192.168.1.7' }, 'not-local'],
    ['another machine by IPv6', { peer: 'fe80::1' }, 'not-local'],
    ['a peer without an address', { peer: undefined }, 'not-local'],
    ['a rebound name', { host: 'evil.example:3000' }, 'host'],
    ['a name that ends like ours', { host: 'evil-localhost:3000' }, 'host'],
    ['our name with a user before it', { host: 'evil@localhost:3000' }, 'host'],
    ['our name in capitals', { host: 'LOCALHOST:3000' }, 'host'],
    ['our name with a dot', { host: 'localhost.:3000' }, 'host'],
    ['another number of this machine', { host: '127.0.0.2:3000' }, 'host'],
    ['another port', { host: 'localhost:3001' }, 'host'],
    ['no host at all', { host: undefined }, 'host'],
    ['a foreign page', { origin: 'https://evil.example' }, 'origin'],
    ['a page of another scheme', { origin: 'https://localhost:3000' }, 'origin'],
    ['a page of our other name', { origin: 'http://127.0.0.1:3000' }, 'origin'],
    ['a sandboxed page', { origin: 'null' }, 'origin'],
    ['a cross-site request', { fetchSite: 'cross-site' }, 'fetch-site'],
    ['a page of another port', { fetchSite: 'same-site' }, 'fetch-site'],
    ['a proxied request', { headers: ['host', 'x-forwarded-host'] }, 'forwarded'],
    ['a request with Via', { headers: ['host', 'via'] }, 'forwarded'],
    ['a request with X-Real-IP', { headers: ['host', 'x-real-ip'] }, 'forwarded'],
  ];
  test.each(others)('%s', (_name, differs, refusal) => {
    expect(findLocalRefusal({ ...person, ...differs })).toBe(refusal);
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['example.com', false],
])('binding %s is of this machine alone: %s', (address, is) => {
  expect(isLoopback(address)).toBe(is);
});
