import { expect, test } from '@jest/globals';
import { principalActs } from '../../contracts/principal-views.js';
import { mayManage } from '../../policy/may-manage.js';

test('an admin does to others whatever there is to do', () => {
  for (const act of principalActs) expect(mayManage('adam', 'ana', act).canManage).toBe(true);
});

test('to themselves an admin does only what takes rights away', () => {
  const allowed = principalActs.filter((act) => mayManage('adam', 'adam', act).canManage);
  expect(allowed).toEqual(['revoked', 'key-revoked']);
});
