/** The one place where ids are made and recognised. */
import { uuidv7 } from 'uuidv7';
import type {
  ApprovalId,
  CallId,
  DecisionId,
  EffectKey,
  GrantId,
  RunId,
} from '../contracts/ids.js';

const prefixed = (prefix: string, suffix = '') =>
  new RegExp(`^${prefix}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}${suffix}$`);

export const newRunId = (): RunId => `run_${uuidv7()}` as RunId;
/** The id of the one run that undoes what another did. */
export const unwindIdOf = (runId: RunId): RunId => `${runId}/unwind` as RunId;
export const newCallId = (): CallId => `call_${uuidv7()}` as CallId;
export const newApprovalId = (): ApprovalId => `apr_${uuidv7()}` as ApprovalId;
export const newDecisionId = (): DecisionId => `dec_${uuidv7()}` as DecisionId;
export const newGrantId = (): GrantId => `grt_${uuidv7()}` as GrantId;
export const newRequestId = (): string => `req_${uuidv7()}`;

/** Says whether text has the shape of a run id. */
export const isRunId = (text: string): text is RunId => prefixed('run', '(/unwind)?').test(text);
/** Says whether text has the shape of an approval id. */
export const isApprovalId = (text: string): text is ApprovalId => prefixed('apr').test(text);
/** Says whether text has the shape of a grant id. */
export const isGrantId = (text: string): text is GrantId => prefixed('grt').test(text);
/** Says whether text has the shape of an effect key. */
export const isEffectKey = (text: string): text is EffectKey => /^[A-Za-z0-9_-]{43}$/.test(text);
