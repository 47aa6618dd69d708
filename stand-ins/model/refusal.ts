/** A refusal: an error as the Messages API words it, with its status and headers. */

/** The error types of the API that the stand-in uses, each with the status it goes with. */
export const refusalStatus = {
  invalid_request_error: 400,
  authentication_error: 401,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  overloaded_error: 529,
} as const;
export type RefusalType = keyof typeof refusalStatus;

/** Thrown by what reads a request; the server turns it into the API's answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly type: RefusalType,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
  get status(): number {
    return refusalStatus[this.type];
  }
}

/** The body of an error answer. */
export const refusalBody = (refusal: Refusal, requestId: string): unknown => ({
  type: 'error',
  error: { type: refusal.type, message: refusal.message },
  request_id: requestId,
});
