/** A refusal: an error as the Messages API words it, with its status and headers. */

/** The error types of the API that the stand-in uses, each with the status it goes with. */
export const refusalStatus = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
} as const;
export type RefusalType = keyof typeof refusalStatus;

export interface RefusalDetails {
  readonly headers?: Readonly<Record<string, string>>;
  /** Where it is not the one of its type. */
  readonly status?: number;
  /** `error.details.error_code`: what programs read. */
  readonly errorCode?: string;
}

/** Thrown by what reads a request; the server turns it into the API's answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    /** Null where a proxy before the API would answer. */
    readonly type: RefusalType | null,
    message: string,
    readonly details: RefusalDetails = {},
  ) {
    super(message);
  }
  get status(): number {
    return this.details.status ?? (this.type === null ? 500 : refusalStatus[this.type]);
  }
}

/** The body of an error answer. */
export const refusalBody = (refusal: Refusal, requestId: string): unknown => ({
  type: 'error',
  error: {
    type: refusal.type,
    message: refusal.message,
    ...(refusal.details.errorCode === undefined
      ? {}
      : { details: { error_code: refusal.details.errorCode } }),
  },
  request_id: requestId,
});
