/** Temporal's errors as ours: the one place that looks at gRPC codes. Message texts are never matched. */
import { isGrpcServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { getGrpcStatusDetails, trimGrpcTypeUrl } from '@temporalio/client/lib/helpers';
import { NamespaceNotFoundError } from '@temporalio/common';

export type TemporalFailure =
  /** Nobody could be asked, or the server had trouble of its own. Says nothing about the request. */
  | { readonly kind: 'unavailable'; readonly code: string }
  /** There is already what was asked for. */
  | { readonly kind: 'already-there' }
  /** No such workflow, or it has ended. */
  | { readonly kind: 'no-workflow' }
  /** Something in the request itself, such as an unknown search attribute. */
  | { readonly kind: 'invalid' }
  /** A definite no. */
  | { readonly kind: 'refused'; readonly code: string };

/** gRPC's status codes, as far as they mean something here. */
const grpc = {
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
} as const;

const names: Readonly<Record<number, string>> = {
  1: 'CANCELLED',
  2: 'UNKNOWN',
  4: 'DEADLINE_EXCEEDED',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  10: 'ABORTED',
  11: 'OUT_OF_RANGE',
  12: 'UNIMPLEMENTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  15: 'DATA_LOSS',
  16: 'UNAUTHENTICATED',
};

/** What an error of Temporal's client means for the one who called it. */
export function temporalFailureOf(error: unknown): TemporalFailure {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'already-there' };
  if (error instanceof NamespaceNotFoundError) return noNamespace;
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  if (!isGrpcServiceError(cause)) return { kind: 'refused', code: 'internal' };
  switch (cause.code as number) {
    case grpc.invalidArgument:
      return { kind: 'invalid' };
    case grpc.alreadyExists:
      return { kind: 'already-there' };
    case grpc.notFound:
      return isNamespaceMissing(cause) ? noNamespace : { kind: 'no-workflow' };
    case grpc.failedPrecondition:
    case grpc.outOfRange:
    case grpc.unimplemented:
      return { kind: 'refused', code: nameOf(cause.code) };
    default:
      // Our credentials (PERMISSION_DENIED, UNAUTHENTICATED) are no fault of the row either.
      return { kind: 'unavailable', code: nameOf(cause.code) };
  }
}

/** A server that is booting does not know its namespace yet. */
const noNamespace: TemporalFailure = { kind: 'unavailable', code: 'NAMESPACE_NOT_FOUND' };

const nameOf = (code: number): string => names[code] ?? `GRPC_${code}`;

function isNamespaceMissing(error: Parameters<typeof getGrpcStatusDetails>[0]): boolean {
  const details = getGrpcStatusDetails(error) ?? [];
  return details.some(
    ({ type_url: url }) =>
      trimGrpcTypeUrl(url) === 'temporal.api.errordetails.v1.NamespaceNotFoundFailure',
  );
}
