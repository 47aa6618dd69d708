/** What only a gateway of the local stack answers: its worker, and the button that kills it. */
import { z } from 'zod';
import type { LocalRefundsView } from '../../contracts/local.js';
import { isEffectKey } from '../../runtime/ids.js';
import type { LocalStack } from '../local-stack.js';
import { parseQuery, parseRequest } from '../parse.js';
import type { Route } from './table.js';

const nothing = z.strictObject({});
const refundsQuery = z.strictObject({
  effectKey: z.string().refine(isEffectKey, 'is not an effect key'),
});

/** Built only where there is a local stack. */
export const localRoutes = (stack: LocalStack): readonly Route[] => [
  {
    method: 'get',
    path: '/v1/local',
    permission: 'runs:read',
    handle: async (_gateway, { response }) => void response.json(await stack.view()),
  },
  {
    method: 'get',
    path: '/v1/local/refunds',
    permission: 'runs:read',
    handle: async (_gateway, { request, response }) => {
      const { effectKey } = parseQuery(refundsQuery, request.query);
      const view: LocalRefundsView = { refunds: await stack.refundsOf(effectKey) };
      response.json(view);
    },
  },
  {
    method: 'post',
    path: '/v1/local/worker/kills',
    permission: 'stack:operate',
    handle: async (_gateway, { request, response }) => {
      parseRequest(nothing, request.body);
      response.json(await stack.killWorker());
    },
  },
];
