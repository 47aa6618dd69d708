/** The events of a run: a page of JSON, or a stream that can be picked up again at any point (P6). */
import { z } from 'zod';
import { pageEvents } from '../../contracts/limits.js';
import { BelayError } from '../../runtime/belay-error.js';
import { readEvents, readHeads } from '../../store/events.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { parseQuery, runIdOf } from '../parse.js';
import { openStream } from '../sse.js';

/** The numbers of events are 32-bit integers. */
const position = z.coerce.number().int().min(0).max(2_147_483_647);

const query = z.strictObject({
  after: position.default(0),
  limit: z.coerce.number().int().min(1).max(pageEvents.maximum).default(pageEvents.default),
});

/** `GET /v1/runs/:id/events` */
export async function getEvents(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const address = { tenantId: principal.tenantId, runId: runIdOf(request) };
  const { after, limit } = parseQuery(query, request.query);
  if (wantsStream(call)) {
    const start = lastEventId(call) ?? after;
    const [head] = await readHeads(gateway.database, [address]);
    if (head === undefined) throw new BelayError('not-found');
    return openStream(gateway, call, { address, after: start, head });
  }
  const data = await readEvents(gateway.database, address, after, limit);
  if (data === null) throw new BelayError('not-found');
  response.json({ data, nextAfter: data.at(-1)?.seq ?? after });
}

/** HEAD has no body to stream. */
const wantsStream = ({ request }: Call): boolean =>
  request.method === 'GET' &&
  request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream';

/** What a browser sends by itself when it connects again; it knows better than the address. */
function lastEventId({ request }: Call): number | null {
  const text = request.get('last-event-id');
  if (text === undefined || text === '') return null;
  const result = position.safeParse(text);
  if (result.success) return result.data;
  const errors = [{ pointer: '/Last-Event-ID', detail: 'is not the number of an event' }];
  throw new BelayError('invalid-parameter', { extra: { errors } });
}
