/** The judge of a worker. */
import { createJudge } from '../policy/judge.js';
import { digestOf } from '../runtime/digest.js';

/** What the version's rules say of a call. Never throws: a rule that can't be evaluated asks. */
export const judge = createJudge(digestOf);
