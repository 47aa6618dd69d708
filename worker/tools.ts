/** The tools of this process, built from its configuration. */
import { lookup } from 'node:dns/promises';
import { createMailer, createStripe } from '../activities/tools/clients.js';
import { createDesk } from '../activities/tools/desk-client.js';
import { createGuardedHttp } from '../activities/tools/guarded-http.js';
import { createTools } from '../activities/tools/tools.js';
import type { Tool } from '../activities/tool.js';
import { sendWithinMs } from '../contracts/retry-policies.js';
import type { Config } from '../runtime/config.js';
import type { Database } from '../store/database.js';
import { createKeptResults } from '../store/kept-results.js';
import { openQueryDatabase } from '../store/query-database.js';
import { createShop } from '../store/shop.js';

/** Where nothing listens: a service that is not configured is unreachable, and says so when used. */
const nowhere = {
  smtp: 'smtp://127.0.0.1:9',
  stripeKey: 'sk_test_not_configured',
  desk: 'http://127.0.0.1:9',
};

/** Builds every tool. Nothing connects before it is used. */
export const createConfiguredTools = (config: Config, database: Database): readonly Tool[] =>
  createTools({
    stripe: createStripe({
      apiKey: config.STRIPE_API_KEY ?? nowhere.stripeKey,
      baseUrl: config.STRIPE_BASE_URL,
    }),
    mailer: createMailer(config.SMTP_URL ?? nowhere.smtp),
    mailFrom: config.MAIL_FROM,
    shop: createShop(database),
    desk: createDesk({
      url: config.DESK_URL ?? nowhere.desk,
      token: config.DESK_TOKEN ?? '',
      connectTimeoutMs: sendWithinMs,
    }),
    http: createGuardedHttp({
      rules: { origins: config.HTTP_REQUEST_ORIGINS, allowsPublic: config.HTTP_REQUEST_PUBLIC },
      resolve: resolveHost,
    }),
    queries:
      config.SQL_QUERY_DATABASE_URL === undefined
        ? null
        : openQueryDatabase(config.SQL_QUERY_DATABASE_URL, config.SQL_QUERY_SCHEMA),
    results: createKeptResults(database),
  });

const resolveHost = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);
