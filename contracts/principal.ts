/** Who asks: a principal has roles, and labels that narrow what it may approve. */

export const roles = ['viewer', 'operator', 'approver', 'admin', 'auditor'] as const;
export type Role = (typeof roles)[number];

/**
 * Roles that nobody holds together: who says who may approve does not approve. Postgres refuses the
 * pair too (`principal_admin_approves_nothing`).
 */
export const areApart = (held: readonly Role[]): boolean =>
  !(held.includes('admin') && held.includes('approver'));

/** Says whether text can name a principal. `local` is whoever sits at a development machine. */
export const isPrincipalName = (text: string): boolean =>
  /^[a-z][a-z0-9._-]{0,63}$/.test(text) && text !== 'local';

/** Says whether text can be a label: rules name roles and labels alike, so none is called like a role. */
export const isLabel = (text: string): boolean =>
  /^[a-z][a-z0-9-]{0,63}$/.test(text) && !(roles as readonly string[]).includes(text);

export interface Principal {
  readonly id: string;
  readonly tenantId: string;
  readonly roles: readonly Role[];
  /** Such as `finance`: an approval names the labels whose people may decide. */
  readonly labels: readonly string[];
}

/** What a caller may do over HTTP. */
export type Permission =
  | 'me:read'
  | 'principals:read'
  | 'principals:manage'
  | 'runs:read'
  | 'runs:start'
  | 'runs:cancel'
  | 'runs:unwind'
  | 'approvals:decide'
  | 'grants:read'
  | 'grants:vote'
  | 'grants:revoke'
  | 'policies:simulate'
  | 'effects:resolve'
  | 'switches:read'
  | 'switches:set'
  | 'outbox:read'
  | 'outbox:retry'
  | 'agents:read'
  | 'stack:operate';

const readers: readonly Role[] = ['viewer', 'operator', 'approver', 'admin', 'auditor'];

/** Which roles hold each permission. Admins configure; they never approve. */
export const permissions = {
  'me:read': readers,
  'principals:read': ['admin', 'auditor'],
  'principals:manage': ['admin'],
  'runs:read': readers,
  'agents:read': readers,
  'switches:read': readers,
  'switches:set': ['operator', 'admin'],
  'outbox:read': readers,
  'outbox:retry': ['operator', 'admin'],
  'runs:start': ['operator'],
  'runs:cancel': ['operator'],
  'runs:unwind': ['operator'],
  'approvals:decide': ['approver'],
  'grants:read': readers,
  'grants:vote': ['approver'],
  'grants:revoke': ['approver', 'operator', 'admin'],
  'policies:simulate': readers,
  'effects:resolve': ['operator'],
  'stack:operate': ['operator'],
} as const satisfies Record<Permission, readonly Role[]>;

/**
 * Says whether one of the principal's roles holds the permission. An admin decides nothing, whatever
 * other role a row from before the two were kept apart still names.
 */
export const holds = ({ roles: held }: Pick<Principal, 'roles'>, permission: Permission): boolean =>
  held.some((role) => (permissions[permission] as readonly Role[]).includes(role)) &&
  (areApart(held) || !approving.has(permission));

const approving: ReadonlySet<Permission> = new Set(['approvals:decide', 'grants:vote']);

/** Everything that a principal may do, in the order of {@link permissions}. */
export const permissionsOf = (principal: Pick<Principal, 'roles'>): readonly Permission[] =>
  (Object.keys(permissions) as Permission[]).filter((permission) => holds(principal, permission));
