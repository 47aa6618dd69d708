import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runStatuses } from '../../../contracts/run.js';
import {
  approvalPath,
  effectPath,
  routeOf,
  runPath,
  runsPath,
  switchesPath,
} from '../../../console/words/routes.js';

const open = (path: string) => {
  const { pathname, search } = new URL(path, 'http://belay');
  return routeOf(pathname, search);
};

test('every address that the console writes opens the page it was written for', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((id) => !/^\.{1,2}$/.test(id));
  const maybe = fc.option(text);
  fc.assert(
    fc.property(text, (id) => {
      expect(open(runPath(id))).toEqual({ view: 'run', id });
      expect(open(effectPath(id))).toEqual({ view: 'effect', id });
      expect(open(approvalPath(id))).toEqual({ view: 'approval', id });
    }),
  );
  const status = fc.option(fc.constantFrom(...runStatuses));
  fc.assert(
    fc.property(fc.record({ status, agent: maybe, cursor: maybe }), (query) => {
      expect(open(runsPath(query))).toEqual({ view: 'runs', ...query });
    }),
  );
});

test('an address that is not ours is no page, and a status that is none is ignored', () => {
  for (const path of ['/v1/runs', '/runs/a/b', '/console/main.js', '/approvals', '/%E0%A4%A']) {
    expect(open(path)).toEqual({ view: 'nothing' });
  }
  expect(open('/runs?status=done')).toMatchObject({ status: null });
  expect(open(switchesPath)).toEqual({ view: 'switches' });
  expect(open('/')).toEqual({ view: 'home' });
});
