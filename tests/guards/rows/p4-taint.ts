/** P4: a run that read what strangers wrote has no leave of its rules for what it wants then. */
import type { Guard } from '../guard.js';

const taint = 'tests/activities/taint.integration.test.ts';

export const taintGuards: readonly Guard[] = [
  {
    promise: 'P4',
    guard: 'A run that read a page is asked about what its rules would allow',
    owner: 'activities/tools/http-request.ts',
    from: '  taints: true,\n',
    to: '',
    test: { file: taint, name: 'is asked about what its rules would allow' },
  },
  {
    promise: 'P4',
    guard: 'A run is pinned to which of its tools return what strangers wrote',
    owner: 'worker/load-agents.ts',
    from: '...(tool.taints === undefined ? {} : { taints: tool.taints }),',
    to: '',
    test: {
      file: 'tests/activities/tools/http-request.test.ts',
      name: 'is pinned with whether strangers write what it returns',
    },
  },
  {
    promise: 'P4',
    guard: 'What was allowed before a run read a page is asked about when it starts after that',
    owner: 'store/calls.ts',
    from: 'cost_micros_usd AS "spentMicrosUsd", tainted_at IS NOT NULL AS "isTainted",',
    to: 'cost_micros_usd AS "spentMicrosUsd", tainted_at IS NULL AND false AS "isTainted",',
    test: { file: taint, name: 'is asked about what was allowed before it read' },
  },
  {
    promise: 'P4',
    guard: 'The words of a service that refused count as read',
    owner: 'store/call-attempt.ts',
    from: "    case 'refused':\n      if (learned.taints === true) taintRun(transaction, call);\n",
    to: "    case 'refused':\n",
    test: { file: taint, name: 'is asked too where the service refused' },
  },
  {
    promise: 'P4',
    guard: 'What another run read of strangers counts as read where it is answered from there',
    owner: 'store/business-claims.ts',
    from: '  if (taints) taintRun(transaction, call);\n',
    to: '',
    test: {
      file: 'tests/store/business-claims.integration.test.ts',
      name: 'is answered from the first with what strangers wrote',
    },
  },
];
