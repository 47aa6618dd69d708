/** Who asks, and whether they may: an API key, or the keyless local user behind its guard. */
import type { IncomingMessage } from 'node:http';
import { holds, permissions, type Permission, type Principal } from '../contracts/principal.js';
import { defaultTenant } from '../contracts/tenant.js';
import { BelayError } from '../runtime/belay-error.js';
import type { GatewayDependencies, GatewayHandler } from './dependencies.js';
import { findLocalRefusal, localCallerOf } from './local-caller.js';

/** The person at this machine. Without labels: what asks for a label asks for someone with a key. */
export const localPrincipal: Principal = {
  id: 'local',
  tenantId: defaultTenant,
  roles: ['operator', 'approver'],
  labels: [],
};

interface Caller {
  readonly principal: Principal;
  /** The visible part of the key that was sent; null for the local user. */
  readonly id: string | null;
}

type Authority = Pick<GatewayDependencies, 'keyring' | 'isLocalAllowed'>;

/** Names the caller and checks one permission. Throws `unauthenticated`, `origin-refused`, `forbidden`. */
export const requirePermission =
  (authority: Authority, permission: Permission): GatewayHandler =>
  async (request, response, next) => {
    const { principal, id } = await authenticate(authority, request);
    response.locals.principal = principal;
    response.locals.keyId = id;
    if (!holds(principal, permission)) {
      const needed = permissions[permission].join(' or ');
      const detail = `${principal.id} lacks the role ${needed}.`;
      throw new BelayError('forbidden', { detail });
    }
    next();
  };

/** A key that is sent must be right: a wrong one never falls back to the local user. */
async function authenticate(authority: Authority, request: IncomingMessage): Promise<Caller> {
  const { authorization } = request.headers;
  if (authorization === undefined) return localOf(authority, request);
  const key = /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1];
  const known = key === undefined ? null : await authority.keyring.find(defaultTenant, key);
  if (known === null) throw new BelayError('unauthenticated');
  return known;
}

function localOf({ isLocalAllowed }: Authority, request: IncomingMessage): Caller {
  if (!isLocalAllowed) throw new BelayError('unauthenticated');
  const refusal = findLocalRefusal(localCallerOf(request));
  if (refusal === null) return { principal: localPrincipal, id: null };
  if (refusal === 'not-local') throw new BelayError('unauthenticated');
  throw new BelayError('origin-refused', { extra: { refused: refusal } });
}
