/** Agents: what can be started, with which input, and by which rules it is held. */
import { BelayError } from '../../runtime/belay-error.js';
import { listAgents } from '../../store/agents.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { agentView } from '../views.js';

/** `GET /v1/agents` */
export async function getAgents(gateway: GatewayDependencies, call: Call): Promise<void> {
  const agents = await listAgents(gateway.database, call.principal.tenantId);
  call.response.json({ data: agents.map(agentView) });
}

/** `GET /v1/agents/:name` */
export async function getAgent(gateway: GatewayDependencies, call: Call): Promise<void> {
  const agents = await listAgents(gateway.database, call.principal.tenantId);
  const { name } = call.request.params;
  const agent = agents.find(({ current }) => current.spec.name === name);
  if (agent === undefined) throw new BelayError('not-found');
  call.response.json(agentView(agent));
}
