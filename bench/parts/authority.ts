/** What it costs to hold that people said what the rows say they said. */
import { createSigner, createVerifier, newPrivateKey } from '../../runtime/signing.js';
import { digestOf, effectKeyOf } from '../../runtime/digest.js';
import { invariant } from '../../runtime/belay-error.js';
import { newApprovalId, newDecisionId, newRunId } from '../../runtime/ids.js';
import { defaultTenant } from '../../contracts/tenant.js';
import type { StatementBody } from '../../contracts/statement.js';
import type { Bench } from '../bench.js';
import { monotonicMs } from '../journal.js';
import type { Section } from '../report.js';
import { quantile, sampleOf, typicalOf } from '../sample.js';

/** Signs votes and checks them, each of another question. */
export async function measureAuthority({ sizes }: Bench): Promise<Section> {
  const signer = createSigner(newPrivateKey());
  const verifier = createVerifier([{ keyId: signer.keyId, key: signer.publicKey }]);
  const signMs: number[] = [];
  const verifyMs: number[] = [];
  const count = sizes.signatures;
  // The first tenth is left out: code that has not been compiled yet is slow.
  for (let index = -count / 10; index < count; index += 1) {
    const vote = voteOf(index);
    const beganMs = monotonicMs();
    const signed = signer.sign('vote', vote);
    const signedMs = monotonicMs();
    invariant(verifier.verify('vote', vote, signed) === 'valid', 'the vote is as it was signed');
    const checkedMs = monotonicMs();
    if (index < 0) continue;
    signMs.push(signedMs - beganMs);
    verifyMs.push(checkedMs - signedMs);
  }
  return {
    title: 'Authority',
    meaning:
      'What a signature adds to a vote, where the gateway makes it, and to an effect, where the ' +
      'worker checks it before the dispatch. Milliseconds, with the middle nine tenths.',
    rows: [
      { what: 'sign a vote, ms', cells: { belay: typicalOf(signMs) } },
      { what: 'sign a vote, ms, p95', cells: { belay: sampleOf([quantile(signMs, 0.95)]) } },
      { what: 'check a vote, ms', cells: { belay: typicalOf(verifyMs) } },
      {
        what: 'check a vote, ms, p95',
        cells: { belay: sampleOf([quantile(verifyMs, 0.95)]) },
        bounds: [{ against: 'itself', is: 'at most', value: 1 }],
      },
    ],
  };
}

/** As large as a vote with everything that it names. */
function voteOf(index: number): StatementBody {
  const runId = newRunId();
  return {
    tenantId: defaultTenant,
    runId,
    approvalId: newApprovalId(),
    decisionId: newDecisionId(),
    effectKey: effectKeyOf(defaultTenant, runId, index, 'pay'),
    tool: 'pay',
    argsDigest: digestOf({ index }),
    principal: 'ana',
    choice: 'approve',
    isEditor: false,
    round: 1,
    expiresAt: '2026-11-21T12:00:00.000Z',
    decidedAt: '2026-11-21T11:00:00.000Z',
  };
}
