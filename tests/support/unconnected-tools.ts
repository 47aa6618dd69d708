/** Every tool as agents are loaded with it, with nobody behind any of them. */
import { createMailer, createStripe } from '../../activities/tools/clients.js';
import { createDesk } from '../../activities/tools/desk-client.js';
import { createGuardedHttp } from '../../activities/tools/guarded-http.js';
import { createTools } from '../../activities/tools/tools.js';

export const unconnectedTools = createTools({
  stripe: createStripe({ apiKey: 'sk_test_loading', baseUrl: 'http://127.0.0.1:1' }),
  mailer: createMailer('smtp://127.0.0.1:1'),
  mailFrom: 'desk@belay.example',
  shop: { findOrder: async () => null },
  desk: createDesk({ url: 'http://127.0.0.1:1', token: 'loading', connectTimeoutMs: 1 }),
  http: createGuardedHttp({
    rules: { origins: [], allowsPublic: false },
    resolve: async () => [],
  }),
  queries: null,
  results: { read: async () => null },
});
