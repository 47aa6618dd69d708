/** `http_request` against a web server of a test. */
import type { RequestListener } from 'node:http';
import { createGuardedHttp } from '../../activities/tools/guarded-http.js';
import { createHttpRequest } from '../../activities/tools/http-request.js';
import type { ToolContext, ToolOutcome } from '../../activities/tool.js';
import type { EffectClass } from '../../contracts/effect.js';
import type { HttpOrigin } from '../../runtime/http-origins.js';
import { toolContext } from './tool-conformance.js';
import type { Web } from './web.js';

/** What the origins of these tests are asked with. */
export const secret = 'sk_live/1234567890+abcdefghij';

/** Answers everything alike. */
export const plainly: RequestListener = (_request, response) => response.end('{"ok":true}');

/** An origin on this machine that takes our key and a secret. */
export const originAt = (port: number, more: Partial<HttpOrigin> = {}): HttpOrigin => ({
  origin: `http://127.0.0.1:${port}`,
  allowPrivate: true,
  keyHeader: 'idempotency-key',
  authorization: `Bearer ${secret}`,
  ...more,
});

export const toolAt = (origins: readonly HttpOrigin[], allowsPublic = false) =>
  createHttpRequest(
    createGuardedHttp({ rules: { origins, allowsPublic }, resolve: async () => [] }),
  );
export type Request = Parameters<ReturnType<typeof toolAt>['run']>[0];

/** Runs calls of the tool at a server, each as the class that it is unless another is said. */
export const runAt =
  (web: () => Web) =>
  (
    { path = '/', ...request }: Omit<Request, 'url'> & { readonly path?: string },
    judged?: EffectClass,
    context: Partial<ToolContext> = {},
  ): Promise<ToolOutcome> => {
    const origin = originAt(web().port);
    const tool = toolAt([origin]);
    const whole = { ...request, url: `${origin.origin}${path}` };
    const effect = judged ?? tool.effectOf(whole);
    const key = effect === 'read' ? null : undefined;
    return tool.run(whole, { ...toolContext(key), effect, ...context });
  };
