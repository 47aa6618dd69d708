/** The login of gateway and worker: a member of the role that reads and writes rows and owns nothing. */
import { withClient } from './with-client.js';

const runtimeRole = 'belay_runtime';

/** What was found or done. */
export type LoginState = 'the-owner' | 'there' | 'made';

/**
 * Sees to it that the login named in `runtimeUrl` works and may do what gateway and worker do. One
 * that does is left as it is; otherwise it is made, or given this password, as the owner. The
 * migration must have run: it makes the role. Throws Postgres's own error when the owner may not.
 */
export async function ensureRuntimeLogin(
  ownerUrl: string,
  runtimeUrl: string,
): Promise<LoginState> {
  const { username, password } = new URL(runtimeUrl);
  const name = decodeURIComponent(username);
  if (name === decodeURIComponent(new URL(ownerUrl).username)) return 'the-owner';
  if (await isMember(runtimeUrl).catch(() => false)) return 'there';
  await withClient(ownerUrl, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
    const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER';
    const role = client.escapeIdentifier(name);
    const secret = client.escapeLiteral(decodeURIComponent(password));
    await client.query(`${verb} ROLE ${role} LOGIN PASSWORD ${secret}`);
    await client.query(`GRANT ${runtimeRole} TO ${role}`);
  });
  return 'made';
}

const isMember = (url: string): Promise<boolean> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ isMember: boolean }>(
      `SELECT pg_has_role(current_user, '${runtimeRole}', 'USAGE') AS "isMember"`,
    );
    return rows[0]?.isMember === true;
  });
