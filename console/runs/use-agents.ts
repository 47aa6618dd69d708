/** The agents that can be started. */
import type { AgentView } from '../../contracts/agent.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';

/** Empty until they are known. */
export function useAgents(): readonly AgentView[] {
  const { data } = usePolled('agents', async () => {
    const { data: agents } = await get<{ data: readonly AgentView[] }>('/v1/agents');
    return agents;
  });
  return data ?? none;
}

const none: readonly AgentView[] = [];
