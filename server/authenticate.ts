/** Who asks, and whether they may: an API key, or the keyless local user behind its guard. */
import type { IncomingMessage } from 'node:http';
import { holds, permissions, type Permission, type Principal } from '../contracts/principal.js';
import { defaultTenant } from '../contracts/tenant.js';
import { BelayError } from '../runtime/belay-error.js';
import { findPrincipal } from '../store/principals.js';
import type { GatewayDependencies, GatewayHandler } from './dependencies.js';
import { findLocalRefusal, localCallerOf } from './local-caller.js';

/** The person at this machine. Without labels: what asks for a label asks for someone with a key. */
export const localPrincipal: Principal = {
  id: 'local',
  tenantId: defaultTenant,
  roles: ['operator', 'approver'],
  labels: [],
};

type Authority = Pick<GatewayDependencies, 'database' | 'isLocalAllowed'>;

/** Names the caller and checks one permission. Throws `unauthenticated`, `origin-refused`, `forbidden`. */
export const requirePermission =
  (authority: Authority, permission: Permission): GatewayHandler =>
  async (request, response, next) => {
    const principal = await authenticate(authority, request);
    response.locals.principal = principal;
    if (!holds(principal, permission)) {
      const needed = permissions[permission].join(' or ');
      const detail = `${principal.id} lacks the role ${needed}.`;
      throw new BelayError('forbidden', { detail });
    }
    next();
  };

/** A key that is sent must be right: a wrong one never falls back to the local user. */
async function authenticate(authority: Authority, request: IncomingMessage): Promise<Principal> {
  const { authorization } = request.headers;
  if (authorization === undefined) return localOf(authority, request);
  const key = /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1];
  const principal =
    key === undefined ? null : await findPrincipal(authority.database, defaultTenant, key);
  if (principal === null) throw new BelayError('unauthenticated');
  return principal;
}

function localOf({ isLocalAllowed }: Authority, request: IncomingMessage): Principal {
  if (!isLocalAllowed) throw new BelayError('unauthenticated');
  const refusal = findLocalRefusal(localCallerOf(request));
  if (refusal === null) return localPrincipal;
  if (refusal === 'not-local') throw new BelayError('unauthenticated');
  throw new BelayError('origin-refused', { extra: { refused: refusal } });
}
