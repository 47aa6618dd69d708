/** Health, for people and probes: no key needed, nothing secret in it. */
import type { Response } from 'express';
import type { GatewayDependencies } from '../dependencies.js';

/** `GET /livez`: the process answers. */
export function getLivez(_gateway: GatewayDependencies, response: Response): void {
  response.json({ status: 'live' });
}

/** `GET /readyz`: every dependency with its fix; 503 only without Postgres. */
export async function getReadyz({ health }: GatewayDependencies, response: Response) {
  const report = await health.read();
  response.status(report.status === 'unavailable' ? 503 : 200).json(report);
}
