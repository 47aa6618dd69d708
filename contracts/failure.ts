/**
 * Every way in which something can fail, once: the code, whether a retry can help, the HTTP status,
 * the title and the way out. Retry lists, problem+json answers and run failures derive from it.
 */

import { approvalFailures } from './approval-failures.js';
import { effectFailures } from './effect-failures.js';
import { kind, type FailureKind } from './failure-kind.js';
import { principalFailures } from './principal-failures.js';

export const failures = {
  // The request
  'invalid-json': kind(400, false, 'The body is not JSON', 'Send one JSON object in UTF-8.'),
  'invalid-request': kind(
    422,
    false,
    'The request has no meaning here',
    'Mend the fields named in errors.',
  ),
  'invalid-parameter': kind(
    400,
    false,
    'A parameter is malformed',
    'Mend the parameters named in errors.',
  ),
  unauthenticated: kind(401, false, 'No valid API key', 'Send Authorization: Bearer <api key>.'),
  forbidden: kind(403, false, 'Not allowed', 'Ask someone whose role allows it.'),
  'origin-refused': kind(
    403,
    false,
    'Refused for the keyless local user',
    'Call from this machine by its loopback name, or send an API key.',
  ),
  'not-found': kind(
    404,
    false,
    'Not found',
    'Look at the address; ids begin with run_, apr_ or are effect keys.',
  ),
  'method-not-allowed': kind(
    405,
    false,
    'Method not allowed',
    'See the table of calls in the README.',
  ),
  'body-too-large': kind(413, false, 'The body is too large', 'Send less than 64 KiB.'),
  'unsupported-media-type': kind(
    415,
    false,
    'The body is not application/json',
    'Send Content-Type: application/json, even with an empty object.',
  ),
  'idempotency-key-reused': kind(
    422,
    false,
    'This Idempotency-Key belongs to another request',
    'Use a new key for a new request.',
  ),
  internal: kind(
    500,
    true,
    'Something unexpected failed here',
    'Try again; the request id finds the log line.',
  ),
  'database-unavailable': kind(
    503,
    true,
    'Postgres cannot be reached',
    'Nothing was changed. Try again shortly; /readyz says when it is back.',
  ),
  'temporal-unavailable': kind(
    503,
    true,
    'Temporal cannot be reached',
    'What was accepted is delivered by itself when it is back.',
  ),
  'too-many-streams': kind(
    429,
    true,
    'Too many event streams are open',
    'Close some, or read the events as JSON.',
  ),
  ...principalFailures,
  // What is asked for and its state
  'unknown-agent': kind(422, false, 'No such agent', 'GET /v1/agents lists them.'),
  'unknown-tool': kind(422, false, 'No such tool', 'GET /v1/agents/:name lists the tools of each.'),
  'simulation-too-long': kind(
    422,
    false,
    'The simulation took too much time or memory',
    'Try fewer calls, or mend the condition that loops over what the model gives.',
  ),
  'simulations-busy': kind(
    429,
    true,
    'Other simulations are under way',
    'They end within seconds; try again then.',
  ),
  'run-finished': kind(409, false, 'The run has already ended', 'Start a new run.'),
  'run-not-finished': kind(
    409,
    false,
    'The run has not ended yet',
    'Cancel it first: POST /v1/runs/:id/cancel. When it has ended, what it did can be undone.',
  ),
  'unwind-is-final': kind(
    409,
    false,
    'An unwind is not undone itself',
    'Start a new run to do again what it took back.',
  ),
  ...approvalFailures,
  'worker-not-running': kind(
    409,
    true,
    'No worker runs at this moment',
    'The local stack starts one by itself; try again in a second.',
  ),
  'effect-not-parked': kind(
    409,
    false,
    'This effect waits for nobody',
    'Read the effect again; only a parked one takes an answer.',
  ),
  'delivery-not-dead': kind(
    409,
    false,
    'This delivery was not given up',
    'It is tried again by itself; GET /v1/outbox?state=dead lists those that are not.',
  ),
  // The model
  'model-overloaded': kind(503, true, 'The model is overloaded', 'It is tried again by itself.'),
  'model-rate-limited': kind(
    429,
    true,
    'The model limits our rate',
    'It is tried again when the provider allows it.',
  ),
  'model-unreachable': kind(
    503,
    true,
    'The model cannot be reached or broke off',
    'It is tried again by itself.',
  ),
  'model-stalled': kind(504, true, 'The model stopped sending', 'It is tried again by itself.'),
  'model-quota': kind(
    402,
    true,
    'The spending limit of the model account is reached',
    'Raise the limit with the provider; the run waits, looks again now and then, and goes on.',
  ),
  'model-context-too-long': kind(
    422,
    false,
    'The conversation no longer fits into the model',
    'Name a model with a larger window in the chain of the agent, or start a new run with less.',
  ),
  'transcript-broken': kind(
    500,
    false,
    'The stored conversation does not fit its hashes',
    'Somebody changed the table message: see docs/runbooks/tampering.md.',
  ),
  'turn-overtaken': kind(
    409,
    true,
    'The conversation went on without this attempt at a turn',
    'It is taken again by itself.',
  ),
  'model-refused': kind(
    422,
    false,
    'The model declined to answer',
    'Rephrase the request; nothing was done after this point.',
  ),
  'model-rejected': kind(
    502,
    false,
    'The model API rejected our request',
    'Look at the request id in the log; the key or the model name may be wrong.',
  ),
  'model-output-invalid': kind(
    502,
    false,
    'The model answered with something unusable',
    'Start the run again; nothing was done after this point.',
  ),
  ...effectFailures,
  // The run
  'call-repeated': kind(
    422,
    false,
    'The model asked for the same impossible call again and again',
    'See the calls of the run; nothing of it was made. Start a new run with a clearer request.',
  ),
  'turn-limit-reached': kind(
    422,
    false,
    'The run used all its turns',
    'Ask for less at once, or raise limits.turns of the agent.',
  ),
  'call-limit-reached': kind(
    422,
    false,
    'The model planned too many calls at once',
    'Ask for less at once, or raise limits.callsPerTurn of the agent.',
  ),
  'run-cancelled': kind(409, false, 'The run was cancelled', 'Start a new run.'),
  'engine-terminated': kind(
    409,
    false,
    'Its workflow was terminated in Temporal',
    'See what had happened before, then start a new run.',
  ),
  'engine-timed-out': kind(
    504,
    false,
    'Its workflow ran into a time limit of Temporal',
    'See what had happened before, then start a new run.',
  ),
  'engine-failed': kind(
    500,
    false,
    'Its workflow ended without closing the run',
    'The workflow in Temporal says why; start a new run.',
  ),
  'engine-history-lost': kind(
    500,
    false,
    'Temporal no longer knows its workflow',
    'It was deleted there, or Temporal lost its data. Start a new run.',
  ),
  'run-bound-elsewhere': kind(
    409,
    false,
    'Another workflow carries this run',
    'End the one that was started beside the gateway.',
  ),
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof failures;

/** Says whether a string is a code of {@link failures}. */
export const isFailureCode = (code: string): code is FailureCode => Object.hasOwn(failures, code);
