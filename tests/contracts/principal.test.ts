/** Roles and what they hold. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  areApart,
  holds,
  isLabel,
  isPrincipalName,
  permissions,
  permissionsOf,
  roles,
  type Permission,
} from '../../contracts/principal.js';

const everyPermission = Object.keys(permissions) as Permission[];
const someRoles = fc.subarray([...roles]);

describe('a principal', () => {
  it('may what one of its roles may; an admin decides nothing, whatever else it is called', () => {
    fc.assert(
      fc.property(someRoles, fc.constantFrom(...everyPermission), (held, permission) => {
        const isGiven = held.some((role) =>
          (permissions[permission] as readonly string[]).includes(role),
        );
        const isBarred =
          ['approvals:decide', 'grants:vote'].includes(permission) && held.includes('admin');
        expect(holds({ roles: held }, permission)).toBe(isGiven && !isBarred);
      }),
    );
  });

  it('is told what it may, and nothing more', () => {
    fc.assert(
      fc.property(someRoles, (held) => {
        const told = permissionsOf({ roles: held });
        expect(told).toEqual(everyPermission.filter((each) => holds({ roles: held }, each)));
      }),
    );
    expect(permissionsOf({ roles: [] })).toEqual([]);
  });

  it('is not both who says who may approve, and who approves', () => {
    fc.assert(
      fc.property(someRoles, (held) => {
        expect(areApart(held)).toBe(!(held.includes('admin') && held.includes('approver')));
      }),
    );
  });

  it('has a plain name, and is never called like the local user', () => {
    for (const name of ['ana', 'a', 'ana.b-c_d1']) expect(isPrincipalName(name)).toBe(true);
    for (const name of ['', 'local', 'Ana', '1a', 'a b', 'a/b', 'a\n', 'x'.repeat(65), '../ana']) {
      expect([name, isPrincipalName(name)]).toEqual([name, false]);
    }
  });

  it('has labels that no rule could take for a role', () => {
    for (const label of ['finance', 'tier-2']) expect(isLabel(label)).toBe(true);
    for (const label of [...roles, '', 'Finance', 'a b', 'a_b']) expect(isLabel(label)).toBe(false);
  });
});
