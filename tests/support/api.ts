/** A caller of the HTTP API, as a user's script would be. */
import type { ApprovalView } from '../../contracts/approval.js';
import type { CallView } from '../../contracts/call.js';
import type { EffectView } from '../../contracts/effect.js';
import type { EventView } from '../../contracts/event.js';
import { isFinal, type RunStatus, type RunView } from '../../contracts/run.js';
import { eventually } from './eventually.js';

/** Whatever is broken, an answer comes sooner. */
const answerWithinMs = 30_000;

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

export interface Api {
  readonly url: string;
  /** Any call; `key` is an API key, without one the caller is `local`. */
  call<Body>(
    method: string,
    route: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  as(key: string): Api;
  start(message: string, headers?: Record<string, string>, agent?: string): Promise<RunView>;
  run(id: string): Promise<RunView>;
  calls(id: string): Promise<readonly CallView[]>;
  effects(id: string): Promise<readonly EffectView[]>;
  events(id: string): Promise<readonly EventView[]>;
  pending(runId: string): Promise<readonly ApprovalView[]>;
  decide(
    approval: ApprovalView,
    decision: 'approve' | 'reject',
    message?: string,
  ): Promise<Answer<Readonly<Record<string, unknown>>>>;
  /** Waits for a status, or for the end. */
  until(id: string, status: RunStatus | 'ended', withinMs?: number): Promise<RunView>;
  /** Waits until the run has pending questions that can be decided and returns them. */
  untilAsked(runId: string, count?: number, withinMs?: number): Promise<readonly ApprovalView[]>;
}

/** A caller of the gateway at `url`. */
export function createApi(url: string, key?: string): Api {
  const call: Api['call'] = async (method, route, body, headers = {}) => {
    const answer = await fetch(`${url}${route}`, {
      method,
      headers: {
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: (text === '' ? null : JSON.parse(text)) as never,
      headers: answer.headers,
    };
  };
  const data = async <Row>(route: string): Promise<readonly Row[]> => {
    const { status, body } = await call<{ data: readonly Row[] }>('GET', route);
    if (status !== 200) throw new Error(`GET ${route} answered ${status}`);
    return body.data;
  };
  const api: Api = {
    url,
    call,
    as: (otherKey) => createApi(url, otherKey),
    start: async (message, headers, agent = 'refund-desk') => {
      const body = { agent, input: { message } };
      const answer = await call<RunView>('POST', '/v1/runs', body, headers);
      if (answer.status !== 202) throw new Error(`POST /v1/runs answered ${answer.status}`);
      return answer.body;
    },
    run: async (id) => (await call<RunView>('GET', `/v1/runs/${id}`)).body,
    calls: (id) => data(`/v1/runs/${id}/calls`),
    effects: (id) => data(`/v1/runs/${id}/effects`),
    events: (id) => data(`/v1/runs/${id}/events?limit=1000`),
    pending: (runId) => data(`/v1/approvals?status=pending&runId=${runId}`),
    decide: ({ id, argsDigest }, decision, message) =>
      call('POST', `/v1/approvals/${id}/decisions`, {
        decision,
        argsDigest,
        ...(message === undefined ? {} : { message }),
      }),
    until: async (id, status, withinMs) => {
      let run = await api.run(id);
      const isThere = () => (status === 'ended' ? isFinal(run.status) : run.status === status);
      await eventually(
        `run ${id} is ${status}`,
        async () => {
          run = await api.run(id);
          return isThere();
        },
        withinMs,
      );
      return run;
    },
    untilAsked: async (runId, count = 1, withinMs?: number) => {
      let asked: readonly ApprovalView[] = [];
      await eventually(
        `run ${runId} asks ${count} times`,
        async () => {
          asked = await api.pending(runId);
          const isKnown = asked.every(({ preview }) => preview.state !== 'pending');
          return asked.length >= count && isKnown;
        },
        withinMs,
      );
      return asked;
    },
  };
  return api;
}
