/** The gateway as an Express app: the only door, in the order in which a request passes through it. */
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { BelayError } from '../runtime/belay-error.js';
import { requirePermission } from './authenticate.js';
import { readBody } from './body.js';
import { consoleFiles } from './console-files.js';
import type { GatewayDependencies, GatewayHandler } from './dependencies.js';
import { problemMiddleware } from './problem.js';
import { requestLog } from './request-log.js';
import { openRoutes, routesOf, type Route } from './routes/table.js';

/** Builds the app. It listens nowhere and reads no configuration. */
export function createApp(gateway: GatewayDependencies): Express {
  const app = express();
  app.set('etag', false);
  // Nobody in front of us is believed: forwarding headers only ever cost rights.
  app.set('trust proxy', false);
  app.use(requestLog(gateway.log), securityHeaders());
  for (const { path, handle } of openRoutes) {
    app.get(path, noStore, async (_request, response) => handle(gateway, response));
  }
  const routes = routesOf(gateway);
  for (const route of routes) mount(app, gateway, route);
  app.use(consoleFiles());
  for (const [path, allowed] of methodsByPath(routes)) app.all(path, methodNotAllowed(allowed));
  app.use(() => {
    throw new BelayError('not-found');
  });
  app.use(problemMiddleware(gateway.log));
  return app;
}

/** Who asks comes first: a body of someone who may not is never read. */
function mount(app: Express, gateway: GatewayDependencies, route: Route): void {
  const handle: GatewayHandler = async (request, response) => {
    const { principal, keyId } = response.locals;
    if (principal === null) throw new BelayError('unauthenticated');
    await route.handle(gateway, { request, response, principal, keyId });
  };
  const guard = requirePermission(gateway, route.permission);
  if (route.method === 'get') app.get(route.path, noStore, guard, handle);
  else app.post(route.path, noStore, guard, ...readBody(), handle);
}

const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

function methodsByPath(routes: readonly Route[]): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>();
  const add = (path: string, method: string): void => {
    const all = method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()];
    methods.set(path, [...(methods.get(path) ?? []), ...all]);
  };
  for (const { path, method } of routes) add(path, method);
  for (const path of [...openRoutes.map((route) => route.path), '/']) add(path, 'get');
  return methods;
}

const methodNotAllowed =
  (allowed: readonly string[]): RequestHandler =>
  (_request, response) => {
    response.set('Allow', allowed.join(', '));
    throw new BelayError('method-not-allowed');
  };

/** Nothing is loaded from elsewhere, nothing is framed, nothing is posted by a form. */
const securityHeaders = (): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'"],
        'font-src': ["'self'"],
        'connect-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
        // No text can become code: the console has no use for a policy that would allow it.
        'require-trusted-types-for': ["'script'"],
        'trusted-types': ["'none'"],
      },
    },
    // Without TLS in front, a browser would be sent to a port that speaks none.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
