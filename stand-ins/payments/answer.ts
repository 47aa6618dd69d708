/** Answers as Stripe shapes them: https://docs.stripe.com/api/errors */

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface ErrorFields {
  readonly type: 'api_error' | 'idempotency_error' | 'invalid_request_error';
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
}

/** An error in Stripe's shape, its code linked to Stripe's own page about it. */
const errorAnswer = (status: number, error: ErrorFields): Answer => ({
  status,
  body: {
    error: {
      ...error,
      ...(error.code && { doc_url: `https://docs.stripe.com/error-codes#${error.code}` }),
    },
  },
});

const invalid = (status: number, fields: Omit<ErrorFields, 'type'>): Answer =>
  errorAnswer(status, { type: 'invalid_request_error', ...fields });

/** Every refusal that this stand-in knows, in Stripe's words. */
export const refusals = {
  unauthenticated: () =>
    invalid(401, { message: 'Invalid API Key provided: only test keys are taken here.' }),
  unknownPath: (method: string, path: string) =>
    invalid(404, { message: `Unrecognized request URL (${method}: ${path}).` }),
  unknownObject: (kind: 'charge' | 'refund', id: string, param: string) =>
    invalid(404, { code: 'resource_missing', message: `No such ${kind}: '${id}'`, param }),
  missing: (param: string) =>
    invalid(400, {
      code: 'parameter_missing',
      message: `Missing required param: ${param}.`,
      param,
    }),
  unknownParam: (param: string) =>
    invalid(400, {
      code: 'parameter_unknown',
      message: `Received unknown parameter: ${param}`,
      param,
    }),
  notAnInteger: (param: string, value: string) =>
    invalid(400, {
      code: 'parameter_invalid_integer',
      message: `Invalid integer: ${value}`,
      param,
    }),
  invalidChoice: (param: string, choices: readonly string[]) =>
    invalid(400, { message: `Invalid ${param}: must be one of ${choices.join(', ')}`, param }),
  invalidKey: () => invalid(400, { message: 'Idempotency keys must be 1 to 255 characters long.' }),
  invalidLimit: () =>
    invalid(400, { message: 'Invalid limit: must be between 1 and 100', param: 'limit' }),
  tooLong: (param: string) =>
    invalid(400, { message: 'Metadata values can have up to 500 characters', param }),
  alreadyRefunded: (charge: string) =>
    invalid(400, {
      code: 'charge_already_refunded',
      message: `Charge ${charge} has already been refunded.`,
    }),
  tooMuch: (asked: number, left: number) =>
    invalid(400, {
      message: `Refund amount (${asked}) is greater than unrefunded amount on charge (${left})`,
      param: 'amount',
    }),
  otherParameters: (key: string) =>
    errorAnswer(400, {
      type: 'idempotency_error',
      message:
        'Keys for idempotent requests can only be used with the same parameters they were first ' +
        `used with. Try using a key other than '${key}' if you meant to execute another request.`,
    }),
  inFlight: () =>
    errorAnswer(409, {
      type: 'idempotency_error',
      code: 'idempotency_key_in_use',
      message: 'There is currently another in-progress request using this Idempotent Key.',
    }),
  serverError: () => errorAnswer(500, { type: 'api_error', message: 'An unknown error occurred.' }),
} as const;
