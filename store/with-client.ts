/** One connection for one piece of work, for what is not done from the pool of a process. */
import { Client } from 'pg';

const connectWithinMs = 5_000;

/** Connects, does the work and ends the connection. Throws Postgres's own error. */
export async function withClient<Result>(
  url: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectWithinMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
