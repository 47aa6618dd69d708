/** Where the servers of a test run are: told by the global set-up to every test file. */

export interface TestServers {
  /** Postgres as superuser, to the database `postgres`. */
  readonly postgresUrl: string;
  /** The database that every test database is a copy of. */
  readonly template: string;
  /** The password of the role `belay`, which owns nothing. */
  readonly rolePassword: string;
  readonly temporalAddress: string;
  readonly keys: Readonly<Record<string, string>>;
  /** The private key of the run's gateways, as PEM. */
  readonly signingKey: string;
  readonly folder: string;
}

/** What the template is called on every server of ours. */
export const templateName = 'belay_template';

/** What goes into the hashes of the API keys of every test database. */
export const testPepper = 'the-pepper-of-tests-which-nobody-else-has';

const variable = 'BELAY_TEST_SERVERS';

/** Tells every test file of this run. */
export function publishServers(servers: TestServers): void {
  process.env[variable] = JSON.stringify(servers);
}

/** The servers of this run. */
export function testServers(): TestServers {
  const text = process.env[variable];
  if (text === undefined) throw new Error('Integration tests need the global set-up');
  return JSON.parse(text) as TestServers;
}

/** The address of a database of this run, as superuser or as the runtime role. */
export function databaseUrl(servers: TestServers, name: string, role: 'owner' | 'runtime'): string {
  const url = new URL(servers.postgresUrl);
  url.pathname = `/${name}`;
  if (role === 'runtime') {
    url.username = 'belay';
    url.password = servers.rolePassword;
  }
  return url.href;
}
