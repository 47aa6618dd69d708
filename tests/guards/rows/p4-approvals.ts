/** P4: what needs approval starts only on a decision that covers it. */
import type { Guard } from '../guard.js';

const ledger = 'tests/store/ledger.integration.test.ts';
const gate = 'tests/store/gate.integration.test.ts';
const decisions = 'tests/server/decisions.integration.test.ts';
const mayDecide = 'tests/policy/may-decide.test.ts';
const rules = 'tests/policy/rules.test.ts';
const local = 'tests/server/local-caller.test.ts';

export const approvalGuards: readonly Guard[] = [
  {
    promise: 'P4',
    guard: 'A yes names the arguments that its author saw',
    owner: 'store/decision-refusals.ts',
    from: 'if (fresh.argsDigest !== null && fresh.argsDigest !== approval.argsDigest) {',
    to: 'if (fresh.argsDigest === undefined) {',
    test: { file: decisions, name: 'to approve needs the digest of what was seen' },
  },
  {
    promise: 'P4',
    guard: 'A question without a decision starts nothing, whatever a signal says',
    owner: 'store/approvals.ts',
    from: `if (remainingMs > 0) return { kind: 'undecided', remainingMs };`,
    to: `if (remainingMs > 0) return { kind: 'open' };`,
    test: {
      file: ledger,
      name: 'starts nothing without a decision, whatever the workflow believes',
    },
  },
  {
    promise: 'P4',
    guard: 'The clock is read after the lock: who waited past the end comes too late',
    owner: 'store/run-transaction.ts',
    from: `const [, locked, clock, ...read] = await pipeline(client, [
      ['BEGIN'],
      [lockSql, address.tenantId, address.runId],
      ['SELECT clock_timestamp() AS now'],`,
    to: `const [, clock, locked, ...read] = await pipeline(client, [
      ['BEGIN'],
      ['SELECT clock_timestamp() AS now'],
      [lockSql, address.tenantId, address.runId],`,
    test: {
      file: 'tests/store/expiry.integration.test.ts',
      name: 'that waits for the run’s lock until after the deadline comes too late',
    },
  },
  {
    promise: 'P4',
    guard: 'A decision after the end of its question is refused',
    owner: 'store/decision-refusals.ts',
    from: 'if (Date.parse(now) >= Date.parse(approval.expiresAt)) {',
    to: 'if (Date.parse(now) < 0) {',
    test: { file: decisions, name: 'after the end of the question is refused and closes it' },
  },
  {
    promise: 'P4',
    guard: 'A decision is carried out within its time or not at all',
    owner: 'store/approvals.ts',
    from: 'return isTooLate(approval, now) && call.attempts === 0',
    to: 'return isTooLate(approval, now) && call.attempts < 0',
    test: { file: gate, name: 'after the time to carry out its decision is not made' },
  },
  {
    promise: 'P4',
    guard: 'Nothing new is dispatched once the run is cancelled',
    owner: 'store/call-start.ts',
    from: 'if (run.cancelRequestedAt !== null || run.ended !== null) {',
    to: 'if (run.ended !== null) {',
    test: { file: ledger, name: 'starts nothing that was allowed without asking either' },
  },
  {
    promise: 'P4',
    guard: 'A cancellation withdraws the open questions of its run',
    owner: 'store/run-lifecycle.ts',
    from: `append({ type: 'cancel-requested', key: 'cancel-requested', data: { ...request } });
  cancelApprovals(transaction, approvals);`,
    to: `append({ type: 'cancel-requested', key: 'cancel-requested', data: { ...request } });`,
    test: { file: gate, name: 'is withdrawn when its run is cancelled' },
  },
  {
    promise: 'P4',
    guard: 'Rules that deny a call by now stop it, although it was allowed when planned',
    owner: 'store/call-start.ts',
    from: `if (terms.verdict === 'deny') {`,
    to: 'if (terms.question === undefined) {',
    test: { file: gate, name: 'is not made when its pinned rules deny it by now' },
  },
  {
    promise: 'P4',
    guard: 'Rules that ask by now ask, although the call was allowed when planned',
    owner: 'store/call-start.ts',
    from: `const isAsked = call.verdict === 'ask' || terms.verdict === 'ask';`,
    to: `const isAsked = call.verdict === 'ask';`,
    test: { file: gate, name: 'asks when its pinned rules ask by now' },
  },
  {
    promise: 'P4',
    guard: 'A call that was planned as a question stays one, although the rules allow it by now',
    owner: 'store/call-start.ts',
    from: `const isAsked = call.verdict === 'ask' || terms.verdict === 'ask';`,
    to: `const isAsked = terms.verdict === 'ask';`,
    test: { file: gate, name: 'still asks when the rules would allow it by now' },
  },
  {
    promise: 'P4',
    guard: 'Nobody decides without the role of an approver, whatever their labels',
    owner: 'policy/may-decide.ts',
    from: `if (!holds(principal, 'approvals:decide')) {`,
    to: 'if (principal.roles.length < 0) {',
    test: { file: mayDecide, name: 'nobody without the role of an approver decides anything' },
  },
  {
    promise: 'P4',
    guard: 'Who started the run decides only where the rule lets them',
    owner: 'policy/may-decide.ts',
    from: 'if (principal.id === question.requestedBy && !question.requesterMayDecide) {',
    to: 'if (principal.id === undefined) {',
    test: { file: mayDecide, name: 'is not decided by the one who started the run' },
  },
  {
    promise: 'P4',
    guard: 'A question for a label is decided by its people',
    owner: 'policy/may-decide.ts',
    from: 'if (asked.length > 0 && !asked.some((approver) => own.has(approver))) {',
    to: 'if (asked.length > 0 && own.size === 0) {',
    test: { file: mayDecide, name: 'for a label is decided by those who have it' },
  },
  {
    promise: 'P4',
    guard: 'Who may decide is judged where the decision is written',
    owner: 'store/decision-refusals.ts',
    from: `if (!canDecide) return { code: 'forbidden', detail: why };`,
    to: `if (!canDecide && why === '') return { code: 'forbidden' };`,
    test: { file: decisions, name: 'of someone without the label is refused with the reason' },
  },
  {
    promise: 'P4',
    guard: 'A rule that can’t be evaluated asks',
    owner: 'policy/rules.ts',
    from: `return judgementOf(each, 'ask', reason);`,
    to: `return judgementOf(each, 'allow', reason);`,
    test: { file: rules, name: 'never allows by a rule that throws, whatever the arguments are' },
  },
  {
    promise: 'P4',
    guard: 'What is allowed asks, once the run has read what strangers wrote',
    owner: 'policy/rules.ts',
    from: `rule.decision === 'allow' && run.tainted &&`,
    to: `rule.decision === 'deny' && run.tainted &&`,
    test: { file: rules, name: 'once the run has read what strangers wrote' },
  },
  {
    promise: 'P4',
    guard: 'A route is answered to those who hold its permission',
    owner: 'server/authenticate.ts',
    from: 'if (!holds(principal, permission)) {',
    to: `if (!holds(principal, permission) && principal.id === '') {`,
    test: {
      file: 'tests/server/resolutions.integration.test.ts',
      name: 'a word needs an outcome and a message, and an effect',
    },
  },
  {
    promise: 'P4',
    guard: 'No foreign page acts as the person at this machine',
    owner: 'server/local-caller.ts',
    from: "if (origin !== undefined && origin !== `http://${host}`) return 'origin';",
    to: '',
    test: { file: local, name: 'a foreign page' },
  },
  {
    promise: 'P4',
    guard: 'No rebound host name acts as the person at this machine',
    owner: 'server/local-caller.ts',
    from: `if (host === undefined || port === undefined || !hostsOf(port).includes(host)) return 'host';`,
    to: '',
    test: { file: local, name: 'a rebound name' },
  },
];
