/** The ways in which calls and effects can fail; part of `contracts/failure.ts`. */
import { kind, type FailureKind } from './failure-kind.js';

export const effectFailures = {
  'tool-unavailable': kind(
    503,
    false,
    'No worker has this tool',
    'Deploy a worker that has it; the model was told.',
  ),
  'tool-unreachable': kind(
    503,
    true,
    'The service behind a tool gave no clear answer',
    'It is tried again by itself.',
  ),
  'tool-refused': kind(422, false, 'The service behind a tool refused', 'The model was told why.'),
  'tool-failed': kind(
    500,
    false,
    'The tool failed',
    'The model was told; the log has the details.',
  ),
  'effect-in-flight': kind(
    409,
    true,
    'Another attempt of this effect is under way',
    'It is looked at again by itself.',
  ),
  'effect-outcome-unknown': kind(
    500,
    true,
    'It is not known whether this happened',
    'A person who looks into the service can say: POST /v1/effects/:key/resolutions.',
  ),
  'effect-key-conflict': kind(
    409,
    false,
    'This effect is known with other arguments',
    'Nothing was sent. Look at the ledger: GET /v1/runs/:id/effects.',
  ),
  'effect-not-settled': kind(
    409,
    true,
    'It is not known yet what the run to be undone did',
    'Say what became of its parked effects: POST /v1/effects/:key/resolutions. Then it goes on by itself.',
  ),
  'kill-switch-on': kind(
    503,
    true,
    'A kill switch holds this',
    'It goes on by itself when the switch is lifted: GET /v1/kill-switches names who set it, and why.',
  ),
  'kill-switch-set': kind(
    409,
    false,
    'This kill switch is on already',
    'The answer names who set it, when and why: GET /v1/kill-switches?state=on.',
  ),
  'kill-switch-lifted': kind(
    409,
    false,
    'This kill switch was lifted already',
    'The answer names who lifted it, when and why.',
  ),
  'effect-failure-stored': kind(
    502,
    true,
    'The service keeps answering with a failure that it stored',
    'A person who looks into the service can say: POST /v1/effects/:key/resolutions.',
  ),
} as const satisfies Record<string, FailureKind>;
