/** The tools of this worker: the one list from which agents take theirs. */
import type Stripe from 'stripe';
import type { QueryDatabase } from '../../store/query-database.js';
import type { Tool } from '../tool.js';
import { createCreateTicket } from './create-ticket.js';
import type { Desk } from './desk.js';
import type { GuardedHttp } from './guarded-http.js';
import { createHttpRequest } from './http-request.js';
import { createIssueRefund } from './issue-refund.js';
import { createLookupOrder } from './lookup-order.js';
import type { Mailer } from './mailer.js';
import { createPutNote } from './put-note.js';
import type { KeptResults } from './kept-results.js';
import { createReadResult } from './read-result.js';
import { createSendEmail } from './send-email.js';
import { createSetOrderStatus } from './set-order-status.js';
import type { Shop } from './shop.js';
import { createSqlQuery } from './sql-query.js';

export interface ToolDeps {
  readonly stripe: Stripe;
  readonly mailer: Mailer;
  readonly mailFrom: string;
  readonly shop: Shop;
  readonly desk: Desk;
  readonly http: GuardedHttp;
  /** Null where no database is configured for queries. */
  readonly queries: QueryDatabase | null;
  readonly results: KeptResults;
}

/** Every tool, built from what it needs. A new one is a file beside this and a line here. */
export const createTools = (deps: ToolDeps): readonly Tool[] => [
  createLookupOrder(deps),
  createIssueRefund(deps),
  createSendEmail(deps),
  createSetOrderStatus(deps),
  createCreateTicket(deps),
  createPutNote(deps),
  createHttpRequest(deps.http),
  createSqlQuery(deps.queries),
  createReadResult(deps.results),
];
