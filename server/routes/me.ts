/** Who asks, as the gateway knows them. */
import { permissionsOf } from '../../contracts/principal.js';
import type { MeView } from '../../contracts/principal-views.js';
import type { Call, GatewayDependencies } from '../dependencies.js';

/** `GET /v1/me` */
export async function getMe(_gateway: GatewayDependencies, call: Call): Promise<void> {
  const { id, roles, labels } = call.principal;
  const permissions = permissionsOf(call.principal);
  const view: MeView = { id, roles, labels, permissions, keyId: call.keyId };
  call.response.json(view);
}
