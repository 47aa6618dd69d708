/** Who asks: a principal has roles, and labels that narrow what it may approve. */

export const roles = ['viewer', 'operator', 'approver', 'admin', 'auditor'] as const;
export type Role = (typeof roles)[number];

export interface Principal {
  readonly id: string;
  readonly tenantId: string;
  readonly roles: readonly Role[];
  /** Such as `finance`: an approval names the labels whose people may decide. */
  readonly labels: readonly string[];
}

/** What a caller may do over HTTP. */
export type Permission =
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

/** Says whether one of the principal's roles holds the permission. */
export const holds = (principal: Principal, permission: Permission): boolean =>
  principal.roles.some((role) => (permissions[permission] as readonly Role[]).includes(role));
