/** Agents of their own for tests of standing grants, and what is known of their runs. */
import type { GrantId } from '../../contracts/ids.js';
import { listCalls } from '../../store/calls.js';
import { readEvents } from '../../store/events.js';
import { listUses } from '../../store/grant-views.js';
import { registerDesk } from './agents.js';
import type { TestDatabase } from './database.js';
import { grantOf, plannedRun, propose, type PlannedRun } from './granted-run.js';

/** Each case has an agent of its own, so that no other grant is in its way. */
export function createGrantDesk({ database }: TestDatabase) {
  let desks = 0;
  const ownDesk = async (): Promise<string> => {
    const name = `desk-${(desks += 1)}`;
    await registerDesk(database, name, () => ({}));
    return name;
  };
  return {
    ownDesk,
    granted: async (uses = 1, when = 'true') => {
      const agent = await ownDesk();
      const grant = await propose(database, { agent, uses, when });
      return { agent, id: grant.id, plan: () => plannedRun(database, { agent }) };
    },
    usedOf: async (id: GrantId) => (await grantOf(database, id)).used,
    eventsOf: async ({ address }: PlannedRun, ...types: readonly string[]) =>
      ((await readEvents(database, address, 0, 1_000)) ?? []).filter(({ type }) =>
        types.includes(type),
      ),
    callOf: async ({ address }: PlannedRun) => (await listCalls(database, address))?.[0],
    usesOf: (id: GrantId) => listUses(database, { tenantId: 'default', id, limit: 50 }),
  };
}
