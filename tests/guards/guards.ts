/** Every row of `npm run guards`, in the order of the promises. */
import type { Guard } from './guard.js';
import { httpGuards } from './rows/http-request.js';
import { modelGuards } from './rows/models.js';
import { startGuards } from './rows/p1-starts.js';
import { keyGuards } from './rows/p2-keys.js';
import { ledgerGuards } from './rows/p3-ledger.js';
import { classGuards } from './rows/p3-classes.js';
import { sendingGuards } from './rows/p3-sending.js';
import { unwindGuards } from './rows/p3-unwinds.js';
import { approvalGuards } from './rows/p4-approvals.js';
import { consoleGuards } from './rows/p4-console.js';
import { grantGuards } from './rows/p4-grants.js';
import { voteGuards } from './rows/p4-votes.js';
import { previewGuards } from './rows/p4-previews.js';
import { principalGuards } from './rows/p4-principals.js';
import { signatureGuards } from './rows/p4-signatures.js';
import { taintGuards } from './rows/p4-taint.js';
import { outcomeGuards } from './rows/p5-p6-outcomes.js';
import { streamGuards } from './rows/p6-p9-streams.js';
import { boundGuards } from './rows/p8-p9-bounds.js';
import { questionGuards } from './rows/p9-questions.js';
import { conversationGuards } from './rows/p8-conversations.js';
import { engineGuards } from './rows/p7-p10-engine.js';
import { agentGuards } from './rows/p10-agents.js';
import { changeGuards } from './rows/p10-p13-change.js';

export const guards: readonly Guard[] = [
  ...startGuards,
  ...keyGuards,
  ...ledgerGuards,
  ...classGuards,
  ...sendingGuards,
  ...unwindGuards,
  ...approvalGuards,
  ...voteGuards,
  ...previewGuards,
  ...grantGuards,
  ...consoleGuards,
  ...principalGuards,
  ...signatureGuards,
  ...taintGuards,
  ...outcomeGuards,
  ...streamGuards,
  ...boundGuards,
  ...conversationGuards,
  ...questionGuards,
  ...engineGuards,
  ...agentGuards,
  ...changeGuards,
  ...httpGuards,
  ...modelGuards,
];
