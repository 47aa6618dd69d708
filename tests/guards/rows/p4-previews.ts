/** P4: what people see before they decide, and what their yes rests on. */
import type { Guard } from '../guard.js';

const activities = 'tests/activities/previews.integration.test.ts';
const loop = 'tests/workflows/loop.test.ts';
const refund = 'tests/activities/tools/issue-refund.test.ts';
const store = 'tests/store/previews.integration.test.ts';

export const previewGuards: readonly Guard[] = [
  {
    promise: 'P4',
    guard: 'Nobody says yes to a call while what it will do is being looked up',
    owner: 'store/decision-refusals.ts',
    from: "if (pendingMs > 0) return { code: 'preview-pending', retryAfterSeconds: 1 };",
    to: '',
    test: { file: store, name: 'takes no yes until it is there' },
  },
  {
    promise: 'P4',
    guard: 'What people saw before they decided stays what they saw',
    owner: 'store/previews.ts',
    from: "if (approval?.status !== 'pending' || approval.previewState !== 'pending') return;",
    to: "if (approval?.previewState !== 'pending') return;",
    test: { file: store, name: 'takes a no at any time, and keeps nothing that comes after it' },
  },
  {
    promise: 'P4',
    guard: 'A preview of other arguments than people see is not shown to them as theirs',
    owner: 'store/previews.ts',
    from: 'const isOfThese = approval.round === 1;',
    to: 'const isOfThese = true;',
    test: { file: store, name: 'keeps none that was looked up for other arguments' },
  },
  {
    promise: 'P4',
    guard:
      'A yes that rests on facts is carried out only once they were looked at for this attempt',
    owner: 'store/preconditions.ts',
    from: "if (seen?.approvalId !== approvalId) return { kind: 'unchecked', approvalId };",
    to: 'if (seen === null) return null;',
    test: { file: store, name: 'only once they were looked at for this attempt' },
  },
  {
    promise: 'P4',
    guard: 'Where the facts have changed nothing is sent, and people are asked anew',
    owner: 'store/preconditions.ts',
    from: 'if (seen.preconditionDigest === preconditionDigest) return null;',
    to: 'if (seen.preconditionDigest !== approvalId) return null;',
    test: { file: activities, name: 'is not sent where they are others: people are asked anew' },
  },
  {
    promise: 'P4',
    guard: 'A call whose tool can’t look at the facts any more is not made',
    owner: 'activities/run-tool.ts',
    from: "if (tool.preview === undefined) return settle(deps, address, call.id, 'tool-failed');",
    to: '',
    test: { file: activities, name: 'is not made where its tool cannot look at them any more' },
  },
  {
    promise: 'P4',
    guard: 'A refund rests on what the payment service has given back so far',
    owner: 'activities/tools/refund-preview.ts',
    from: 'currency: order.currency, chargeId, refundedCents };',
    to: 'currency: order.currency, chargeId };',
    test: { file: refund, name: 'rests on other facts once somebody else has refunded' },
  },
  {
    promise: 'P9',
    guard: 'A question waits half a minute at most for its preview',
    owner: 'contracts/preview.ts',
    from: 'const previewWithinMs = 30_000;',
    to: 'const previewWithinMs = 3_000_000;',
    test: { file: store, name: 'and after half a minute anyway' },
  },
  {
    promise: 'P9',
    guard:
      'A tool that can’t say what a call will do is asked three times, then people decide without',
    owner: 'activities/preview-call.ts',
    from: 'if (foreseen === null && canSay && info.attempt < previewAttempts) {',
    to: 'if (foreseen === null && canSay) {',
    test: { file: activities, name: 'is tried again where it fails, and ends as failed' },
  },
  {
    promise: 'P9',
    guard: 'A tool that never says what a call will do is not waited for',
    owner: 'activities/foresee.ts',
    from: 'await Promise.race([asked, abortOf(signal)]);',
    to: 'await asked;',
    test: { file: activities, name: 'waits for no tool that never answers' },
  },
  {
    promise: 'P9',
    guard: 'The tool of a question is asked once what it will do, in whatever history',
    owner: 'workflows/advance.ts',
    from: 'const { previews: _, ...approval } = call.approval;',
    to: 'const { approval } = call;',
    test: { file: loop, name: 'asks for a preview once, in whatever history' },
  },
];
