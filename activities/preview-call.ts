/** The activity `previewCall`: what a question is about, looked up before people decide it. */
import { Context } from '@temporalio/activity';
import type { RunActivities } from '../contracts/activities.js';
import { previewAttempts } from '../contracts/retry-policies.js';
import { loadUnpreviewed, recordPreview } from '../store/previews.js';
import { failureOf } from './adapter.js';
import { addressOf, type ActivityDeps } from './deps.js';
import { foresee } from './foresee.js';

/**
 * Asks the tool of a question what its call will do, and keeps that, or that nobody could say: its
 * question then goes without. Where nobody waits for it any more it does nothing.
 */
export const createPreviewCall =
  (deps: ActivityDeps): RunActivities['previewCall'] =>
  async ({ runId, approvalId }) => {
    const { database, passPoint } = deps;
    const address = addressOf(runId);
    const asked = await loadUnpreviewed(database, address, approvalId);
    if (asked === null) return;
    const { info, cancellationSignal } = Context.current();
    const { callId, args } = asked;
    const tool = deps.tools.find(({ name }) => name === asked.tool);
    const canSay = tool?.preview !== undefined;
    // Attempts that were cut off count too: a tool that ends its process is not asked for ever.
    const foreseen =
      tool !== undefined && canSay && info.attempt <= previewAttempts
        ? await foresee(deps, tool, { address, callId, args }, cancellationSignal)
        : null;
    if (foreseen === null && canSay && info.attempt < previewAttempts) {
      throw failureOf('tool-unreachable');
    }
    await recordPreview(database, address, approvalId, foreseen);
    passPoint('call-previewed');
  };
