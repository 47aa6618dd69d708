/** Callers that do not give up: runs posted under one key until accepted, questions answered. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApprovalView } from '../../contracts/approval.js';
import type { RunView } from '../../contracts/run.js';
import type { Answer, Api } from '../support/api.js';

/** A run that was answered 202: it may never be lost. */
export interface Posted {
  readonly runId: string;
  readonly order: number;
}

export interface Traffic {
  /** Everything that was accepted so far. */
  readonly posted: readonly Posted[];
  /** Posts a run about an order that no other run is about. Resolves when it is accepted. */
  post(about?: Order, message?: (order: number) => string): Promise<Posted>;
  /** Answers every question with yes, until stopped. */
  approve(): { stop(): Promise<void> };
}

/** Refunds of small orders are made without asking. */
export type Order = 'small' | 'asking' | 'either';

const againMs = 100;
const firstSmall = 1_000;
const firstAsking = 5_001;

/** Makes the traffic of one stack: its orders are its own. */
export function createTraffic(api: Api): Traffic {
  const posted: Posted[] = [];
  const taken = { small: 0, asking: 0 };
  const nextOrder = (about: Order): number => {
    const kind =
      about !== 'either' ? about : (taken.small + taken.asking) % 3 === 0 ? 'small' : 'asking';
    taken[kind] += 1;
    return (kind === 'small' ? firstSmall : firstAsking) + taken[kind];
  };
  return {
    posted,
    post: async (about = 'either', message = (order) => `Refund order ${order}`) => {
      const order = nextOrder(about);
      const body = { agent: 'refund-desk', input: { message: message(order) } };
      const { id } = await insist<RunView>(api, 'POST', '/v1/runs', body);
      const run = { runId: id, order };
      posted.push(run);
      return run;
    },
    approve: () => keepApproving(api),
  };
}

/**
 * Makes a call under one key until it is answered with a success or a definite refusal, however
 * often the gateway dies or says that it is too early. Returns the body of a success; throws the
 * refusal.
 */
export async function insist<Body>(
  api: Api,
  method: string,
  route: string,
  body: unknown,
): Promise<Body> {
  const headers = { 'idempotency-key': randomUUID() };
  for (;;) {
    const answer = await api.call<Body & Refusal>(method, route, body, headers).catch(() => null);
    if (answer !== null && answer.status < 300) return answer.body;
    if (answer !== null && answer.status < 500 && answer.body.retryable !== true) {
      throw new Error(`${method} ${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    await wait(againMs);
  }
}

function keepApproving(api: Api): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const pending = async (): Promise<readonly ApprovalView[]> => {
    const route = '/v1/approvals?status=pending&limit=200';
    const answer = await api.call<{ data: readonly ApprovalView[] }>('GET', route).catch(noAnswer);
    return answer?.status === 200 ? answer.body.data : [];
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      // What got no answer is pending still, or was decided: the list will tell.
      const asked = await pending();
      await Promise.all(asked.map((each) => api.decide(each, 'approve').catch(noAnswer)));
      await wait(againMs);
    }
  };
  const running = loop();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** The fields of a refusal that are looked at. */
interface Refusal {
  readonly retryable?: boolean;
}

const noAnswer = (): Answer<never> | null => null;
