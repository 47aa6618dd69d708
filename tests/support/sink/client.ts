/** One request to the effect sink, sent once: what came back, or what may have become of it. */
import { request as send } from 'node:http';
import type { ToolContext, ToolOutcome } from '../../../activities/tool.js';
import type { SinkOrder } from './journal.js';

export interface SinkRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly order?: SinkOrder;
  /** Called when it is still time to send. */
  readonly onTime?: () => void;
}

interface SinkAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends it on a connection of its own. Throws Node's error when there is no whole answer. */
export function ask(
  sinkUrl: string,
  { method, path, order }: SinkRequest,
  { effectKey, requestTimeoutMs }: Pick<ToolContext, 'effectKey' | 'requestTimeoutMs'>,
): Promise<SinkAnswer> {
  return new Promise((resolve, reject) => {
    const request = send(`${sinkUrl}${path}`, {
      method,
      agent: false,
      signal: AbortSignal.timeout(requestTimeoutMs),
      headers: effectKey === null ? {} : { 'idempotency-key': effectKey },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as SinkAnswer['body'];
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    request.end(order === undefined ? undefined : JSON.stringify(order));
  });
}

/** Carries an effect out, and says what is known of it afterwards. */
export async function carryOut(
  sinkUrl: string,
  request: SinkRequest,
  context: ToolContext,
): Promise<ToolOutcome> {
  if (context.effectKey !== null && !context.isTimeToSend()) {
    return { kind: 'not-sent', code: 'effect-in-flight' };
  }
  request.onTime?.();
  try {
    return outcomeOf(await ask(sinkUrl, request, context));
  } catch (error) {
    const isUnsent = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
    return { kind: isUnsent ? 'not-sent' : 'unknown', code: 'tool-unreachable' };
  }
}

function outcomeOf({ status, body }: SinkAnswer): ToolOutcome {
  const isReplayed = body['replayed'] === true;
  switch (status) {
    case 200: {
      const result = (isReplayed ? body['answer'] : body) as Readonly<Record<string, unknown>>;
      const { id } = result;
      return { kind: 'done', result, externalRef: typeof id === 'string' ? id : null };
    }
    case 409:
      return { kind: 'unknown', code: 'effect-in-flight' };
    case 422:
      return { kind: 'refused', message: 'The sink does not want it.' };
    default:
      return { kind: 'unknown', code: isReplayed ? 'effect-failure-stored' : 'tool-unreachable' };
  }
}
