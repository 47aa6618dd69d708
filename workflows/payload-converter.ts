/** The converter of workflow and worker: what can't be decoded is undefined, never an exception. */
import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

/**
 * Anyone who reaches Temporal can send a signal whose payload is no JSON. An exception here would
 * fail the workflow task, which is retried for ever: one bad signal would stop a run for good.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, context) => defaultPayloadConverter.toPayload(value, context),
  fromPayload: (payload, context) => {
    try {
      return defaultPayloadConverter.fromPayload(payload, context);
    } catch {
      return undefined as never;
    }
  },
};
