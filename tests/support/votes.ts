/** Votes by the store alone, signed as a gateway of these tests signs. */
import type { DecisionKind } from '../../contracts/approval.js';
import type { ApprovalId, Digest } from '../../contracts/ids.js';
import type { Principal } from '../../contracts/principal.js';
import { createSigner } from '../../runtime/signing.js';
import { decisionLaw } from '../../server/decision-law.js';
import type { Database } from '../../store/database.js';
import { decide } from '../../store/decisions.js';
import type { NewDecision } from '../../store/judging.js';
import type { NewResolution } from '../../store/resolutions.js';
import { testServers } from './servers.js';

/** Signs a person's word as a gateway of these tests does. */
export const signWord: NewResolution['sign'] = (body) =>
  createSigner(testServers().signingKey).sign('resolution', body);

/** One of the demo's approvers. */
export const approver = (id: string, labels: readonly string[] = ['finance']): Principal => ({
  id,
  tenantId: 'default',
  roles: ['approver'],
  labels,
});

/** Casts a vote as `by`, who is one of the demo's approvers. */
export const vote = (
  database: Database,
  approvalId: ApprovalId,
  by: string,
  decision: DecisionKind,
  changes: Partial<NewDecision> = {},
): Promise<{ readonly replayed: boolean }> =>
  decide(database, {
    tenantId: 'default',
    approvalId,
    principal: approver(by),
    decision,
    argsDigest: null as Digest | null,
    args: undefined,
    message: null,
    key: null,
    law: decisionLaw(createSigner(testServers().signingKey)),
    ...changes,
  });
