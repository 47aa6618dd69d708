import { expect, test } from '@jest/globals';
import type { Digest } from '../../contracts/ids.js';
import type { SimulatedCall, Simulation } from '../../contracts/simulation.js';
import { simulationTable } from '../../server/simulation-table.js';

const allowed = { verdict: 'allow', rule: 'small', approvers: [], quorum: 0 } as const;
const asked = { verdict: 'ask', rule: 'large', approvers: ['finance'], quorum: 2 } as const;
const same: SimulatedCall = {
  title: 'look up order 42',
  tool: 'lookup_order',
  argsDigest: 'aaaaaaaaaaaabbbb' as Digest,
  before: allowed,
  after: allowed,
  changed: false,
  changes: [],
};
const none = { newlyAllowed: 0, newlyAsked: 0, newlyDenied: 0, quorumChanged: 0, skipped: 0 };
const lines = (simulation: Simulation) => simulationTable(simulation).trimEnd().split('\n');

test('a table says in one sentence what would change, and lists that first', () => {
  const { title: _, ...other } = same;
  const changed: SimulatedCall = {
    ...other,
    tool: 'issue_refund',
    after: asked,
    changed: true,
    changes: ['verdict'],
  };
  const summary = { ...none, calls: 2, changed: 1, newlyAsked: 1, skipped: 3 };
  expect(lines({ data: [same, changed], summary })).toEqual([
    '1 of 2 calls would change: 1 newly asked. 3 skipped: no rule judged them.',
    '',
    '   call              arguments     before         after                     changes',
    '*  issue_refund      aaaaaaaaaaaa  allow (small)  ask 2 of finance (large)',
    '   look up order 42  aaaaaaaaaaaa  allow (small)  the same',
  ]);
});

test('a title keeps to its line, whatever a model writes into it', () => {
  const title = 'first\nsecond\u2028third\u001b[31m';
  const summary = { ...none, calls: 1, changed: 0 };
  expect(lines({ data: [{ ...same, title }], summary })).toHaveLength(4);
  expect(simulationTable({ data: [{ ...same, title }], summary })).not.toContain('\u001b');
});

test('a table of nothing says so', () => {
  expect(lines({ data: [], summary: { ...none, calls: 0, changed: 0 } })[0]).toBe(
    '0 of 0 calls would change.',
  );
});
