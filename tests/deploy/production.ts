/**
 * The production shape as processes: the image's folder, the compose file's commands and environments
 * with other hosts and ports, and Postgres and Temporal made ready as the file's own steps do it.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { ownPort } from '../support/ports.js';
import { startPostgres } from '../../dev/postgres.js';
import { invariant } from '../../runtime/belay-error.js';
import { createApi, type Api } from '../support/api.js';
import { startProgram } from '../support/program.js';
import { testServers } from '../support/servers.js';
import { part, startStandIn, type Part, type StandIn } from '../support/stack.js';
import { neededVariables, readCompose, readProjectFile, type Compose } from './compose-file.js';
import { layOutImage } from './image.js';

export interface Production {
  readonly gateways: readonly [Member, Member];
  readonly workers: readonly [Member, Member];
  readonly payments: StandIn;
  readonly namespace: string;
  /** Runs the command of one of our steps, or another program of the image with its environment. */
  step(name: string, command?: readonly string[]): Promise<Ended>;
  /** Runs SQL as superuser. */
  query(sql: string, database?: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** A container more of a service, not started yet. */
  member(
    service: 'gateway' | 'worker',
    settings?: Readonly<Record<string, string>>,
  ): Promise<Member>;
  close(): Promise<void>;
}

export interface Member extends Part {
  readonly url: string;
  readonly api: Api;
  /** Whether it says that it is ready, or that it polls. */
  isReady(): Promise<boolean>;
  /** Runs the health check of the compose file. Says whether it is content. */
  isHealthy(): Promise<boolean>;
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Starts Postgres, the stand-ins of outside services and the steps that are not ours; nothing of ours. */
export async function prepareProduction(): Promise<Production> {
  const { folder: parent, temporalAddress } = testServers();
  const folder = mkdtempSync(path.join(parent, 'production-'));
  const namespace = `production-${randomBytes(4).toString('hex')}`;
  const image = layOutImage(path.join(folder, 'app'));
  const [model, payments, mail, postgres] = await Promise.all([
    startStandIn('model', folder),
    startStandIn('payments', folder),
    startStandIn('mail', folder),
    ownPort().then((port) =>
      startPostgres({
        dataDir: path.join(parent, namespace),
        port,
        log: () => undefined,
        fast: true,
      }),
    ),
  ]);
  const compose = readCompose({
    ...neededVariables(),
    TEMPORAL_NAMESPACE: namespace,
    ANTHROPIC_BASE_URL: model.url,
    STRIPE_API_KEY: 'sk_test_stand_in',
    STRIPE_BASE_URL: payments.url,
    SMTP_URL: mail.smtpUrl,
    SQL_QUERY_DATABASE_URL: 'postgresql://belay_reader:reader1@postgres:5432/belay',
  });
  const here: Readonly<Record<string, string>> = {
    'postgres:5432': `127.0.0.1:${postgres.port}`,
    'temporal:7233': temporalAddress,
    '/keys/': `${path.join(folder, 'keys')}/`,
  };
  const environmentOf = (name: string) => ({ ...image, ...relocated(compose, name, here) });
  const programOf = (command: readonly string[]) => path.join(folder, 'app', command[1] ?? '');
  let count = 0;
  const run = async (args: readonly string[], environment: Readonly<Record<string, string>>) => {
    const program = startProgram(args, environment, path.join(folder, `step-${(count += 1)}.log`));
    return { code: await program.ended, output: program.output() };
  };
  const query: Production['query'] = async (sql, database = 'postgres') => {
    const client = new Client({ connectionString: new URL(database, postgres.url).href });
    await client.connect();
    return client
      .query(sql)
      .then(({ rows }) => rows)
      .finally(() => client.end());
  };
  await Promise.all([makeRoles(compose, query), makeNamespace(compose, environmentOf, folder)]);

  const members: Part[] = [];
  const member: Production['member'] = async (service, settings = {}) => {
    const port = await ownPort();
    const name = service === 'gateway' ? 'PORT' : 'WORKER_HEALTH_PORT';
    const environment = { ...environmentOf(service), [name]: String(port), ...settings };
    const { command = [], healthcheck } = compose.services[service] ?? {};
    const log = path.join(folder, `${service}-${port}.log`);
    const process = part([programOf(command).replace(/\.js$/, '')], log, environment);
    const url = `http://127.0.0.1:${port}`;
    const [, , ...check] = healthcheck?.test ?? [];
    members.push(process);
    return Object.assign(process, {
      url,
      api: createApi(url),
      isReady: async () => {
        const answer = await fetch(`${url}/readyz`).catch(() => null);
        return answer?.status === 200;
      },
      isHealthy: async () => {
        const args = check.map((text) => text.replaceAll('http://127.0.0.1:3000', url));
        return (await run(args, {})).code === 0;
      },
    });
  };
  return {
    gateways: [await member('gateway'), await member('gateway')],
    workers: [await member('worker'), await member('worker')],
    payments,
    namespace,
    step: (name, command = compose.services[name]?.command ?? []) => {
      const [, , ...args] = command.map((text) => relocate(text, here));
      return run([programOf(command), ...args], environmentOf(name));
    },
    query,
    member,
    close: async () => {
      const all = [...members, model, payments, mail];
      await Promise.all(all.map((each) => each.kill('SIGKILL')));
      await postgres.stop();
    },
  };
}

/** What the containers call it, as it is called here. */
const relocate = (text: string, here: Readonly<Record<string, string>>): string =>
  Object.entries(here).reduce((changed, [from, to]) => changed.replace(from, to), text);

function relocated(compose: Compose, name: string, here: Readonly<Record<string, string>>) {
  const { environment = {} } = compose.services[name] ?? {};
  return Object.fromEntries(
    Object.entries(environment).map(([variable, value]) => [variable, relocate(value, here)]),
  );
}

/** What the image of Postgres does with `roles` on an empty volume, by psql. */
async function makeRoles(compose: Compose, query: Production['query']): Promise<void> {
  const { environment = {} } = compose.services['postgres'] ?? {};
  const values: Record<string, string> = {};
  const statements = (compose.configs['roles']?.content ?? '').split('\n').filter((line) => {
    const [, name, variable] = /^\\getenv (\w+) (\w+)$/.exec(line) ?? [];
    if (name !== undefined) values[name] = environment[variable ?? ''] ?? '';
    return name === undefined && line !== '' && !line.startsWith('--');
  });
  for (const statement of statements) {
    await query(statement.replaceAll(/:'(\w+)'/g, (_, name: string) => `'${values[name]}'`));
  }
}

/** The step that makes the namespace, twice: with the CLI that the tests have, by a shell. */
async function makeNamespace(
  compose: Compose,
  environmentOf: (name: string) => Readonly<Record<string, string>>,
  folder: string,
): Promise<void> {
  const { entrypoint = [], command = [] } = compose.services['temporal-namespace'] ?? {};
  const [shell = '', ...args] = [...entrypoint, ...command];
  const cli = process.env['BELAY_TEST_TEMPORAL_CLI'] ?? '/usr/local/bin/temporal';
  const PATH = `${path.dirname(cli)}:${process.env['PATH']}`;
  const env = { ...environmentOf('temporal-namespace'), HOME: folder, PATH };
  const logFile = path.join(folder, 'namespace.log');
  for (let time = 0; time < 2; time += 1) {
    const log = openSync(logFile, 'a');
    const child = spawn(shell, args, { env, stdio: ['ignore', log, log] });
    closeSync(log);
    const [code] = (await once(child, 'exit')) as unknown[];
    invariant(code === 0, `the namespace was made: ${readFileSync(logFile, 'utf8')}`);
  }
}

/** The demo's orders, which the refund desk looks up: not a part of production. */
export const openDemoShop = (production: Production): Promise<unknown> =>
  production.query(`SET ROLE belay_owner; ${readProjectFile('prisma/shop.sql')}`, 'belay');
