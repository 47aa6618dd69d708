/** Request ids and one log line a request: method, pattern, status, time. Never an address or a body. */
import { isApprovalId, isRunId, newRequestId } from '../runtime/ids.js';
import type { Log } from '../runtime/log.js';
import type { GatewayHandler } from './dependencies.js';

/** What may come back in a header and stand in a log line. */
const safeRequestId = /^[A-Za-z0-9._-]{1,128}$/;
/** Asked every few seconds by probes: only of interest when looking for it. */
const quietRoutes: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/** Takes the caller's X-Request-Id or makes one, sends it back, and logs when the answer is out. */
export const requestLog =
  (log: Log): GatewayHandler =>
  (request, response, next) => {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && safeRequestId.test(given) ? given : newRequestId();
    response.locals.requestId = requestId;
    response.locals.principal = null;
    response.locals.keyId = null;
    response.set('X-Request-Id', requestId);
    const startedAt = performance.now();
    response.on('close', () => {
      const route = patternOf(request);
      const line = quietRoutes.has(route) ? log.debug : log.info;
      const { principal, keyId } = response.locals;
      // A run that was just made is named by where it is found.
      const made = decodeURIComponent(response.get('location')?.split('/').at(-1) ?? '');
      const id = made === '' ? request.params['id'] : made;
      line('Answered', {
        requestId,
        method: request.method,
        route,
        status: response.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        ...(principal === null ? {} : { principal: principal.id }),
        ...(keyId === null ? {} : { apiKeyId: keyId }),
        ...(typeof id === 'string' && isRunId(id) ? { runId: id } : {}),
        ...(typeof id === 'string' && isApprovalId(id) ? { approvalId: id } : {}),
      });
    });
    next();
  };

function patternOf(request: { readonly route?: unknown }): string {
  const { route } = request;
  const path = (route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? path : 'none';
}
