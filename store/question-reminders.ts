/** Questions that nobody decides: who is asked instead, and who is still asked, told once (P9). */
import type { ApprovalId, RunId } from '../contracts/ids.js';
import { lastReminderAt, nextLookAt } from '../contracts/telling.js';
import { levelAt } from '../contracts/voting.js';
import { approvalsToLookAtSql, type AwaitedApprovalRow } from './approval-rows.js';
import type { Database } from './database.js';
import { writeLevel } from './decision-writes.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';

/** The runs with a question that is to be looked at by now, the longest overdue first. */
export async function runsToTell(
  database: Database,
  limit: number,
): Promise<readonly RunAddress[]> {
  const { rows } = await database.pool.query<{ tenantId: string; runId: RunId }>(runsSql, [limit]);
  return rows;
}

/** The clock is read once, so that the index of open questions answers alone. */
const runsSql = `
  SELECT tenant_id AS "tenantId", run_id AS "runId" FROM (
    SELECT tenant_id, run_id, look_at FROM approval
    WHERE status = 'pending' AND look_at <= (SELECT clock_timestamp())
    ORDER BY look_at LIMIT $1) AS due
  GROUP BY tenant_id, run_id ORDER BY min(look_at)`;

/** What was told of a question. `unclosed`: it has expired, and its run says what it waits for now. */
export interface Told {
  readonly approvalId: ApprovalId;
  readonly what: 'escalated' | 'reminded' | 'unclosed';
}

/**
 * Tells a run of its questions whose level has risen and of those of which a reminder is due, by
 * Postgres's clock under the run's lock. Returns what was told; nothing where another gateway was
 * faster. A decision needs none of it: it computes the level by itself.
 */
export async function tellQuestions(
  database: Database,
  address: RunAddress,
): Promise<readonly Told[]> {
  const reads = [approvalsToLookAtSql(address)];
  const told = await inRun(database, address, reads, (transaction, rows) => {
    const [due] = rows as [AwaitedApprovalRow[]];
    return due.flatMap((question) => {
      const what = tell(transaction, question);
      return what === null ? [] : [{ approvalId: question.id, what }];
    });
  });
  return told ?? [];
}

function tell(transaction: RunTransaction, question: AwaitedApprovalRow): Told['what'] | null {
  const { now } = transaction;
  const { requestedAt, expiresAt } = question;
  const isExpired = Date.parse(now) >= Date.parse(expiresAt);
  const level = levelAt(question, requestedAt, now);
  const isRisen = !isExpired && level.index > question.level;
  const isDue = !isExpired && !isRisen && isReminderDue(question, now);
  if (isRisen) writeLevel(transaction, question, level);
  if (isDue) appendReminder(transaction, question);
  const lookAt = nextLookAt(question, now);
  // Who has just been asked needs no reminder of it. The status of the run follows from the write.
  transaction.write(
    `UPDATE approval SET look_at = $3, reminded_at = $4
     WHERE tenant_id = $1 AND id = $2 AND status = 'pending'`,
    transaction.run.tenantId,
    question.id,
    lookAt,
    isRisen || isDue ? now : question.remindedAt,
  );
  if (isExpired) return lookAt === null ? 'unclosed' : null;
  return isRisen ? 'escalated' : isDue ? 'reminded' : null;
}

/** Also after an outage of every gateway people are reminded once, not of each time that was missed. */
function isReminderDue(question: AwaitedApprovalRow, now: string): boolean {
  const dueAt = lastReminderAt(question, now);
  const { remindedAt } = question;
  return dueAt !== null && (remindedAt === null || Date.parse(remindedAt) < Date.parse(dueAt));
}

function appendReminder({ now, append }: RunTransaction, question: AwaitedApprovalRow): void {
  const { id, callId, requestedAt } = question;
  append({
    type: 'approval-reminded',
    key: `approval-reminded:${id}:${now}`,
    data: { approvalId: id, callId, requestedAt },
  });
}
