/** The login of gateway and worker: a member of the role that reads and writes rows and owns nothing. */
import type { Client } from 'pg';
import { sessionSettings } from './database.js';
import { scramVerifier } from './scram.js';
import { withClient } from './with-client.js';

/** The role of gateway and worker, which reads and writes rows. */
export const runtimeRole = 'belay_runtime';

/** What was found or done. */
export type LoginState = 'the-owner' | 'there' | 'made';

/** A role of this name that is not ours: it is not touched. */
export class ForeignLoginError extends Error {
  override readonly name = 'ForeignLoginError';
}

/**
 * Sees to it that the login named in `runtimeUrl` works and may do what gateway and worker do. One
 * that does is left as it is. One that works gets the rights alone; one that does not is made, or
 * given this password if it is Belay's already. The migration must have run: it makes the role.
 * Throws a {@link ForeignLoginError}, or Postgres's own error when the owner may not.
 */
export async function ensureRuntimeLogin(
  ownerUrl: string,
  runtimeUrl: string,
): Promise<LoginState> {
  const { username, password } = new URL(runtimeUrl);
  const name = decodeURIComponent(username);
  if (name === decodeURIComponent(new URL(ownerUrl).username)) return 'the-owner';
  const works = await isMember(runtimeUrl, runtimeRole).catch(() => null);
  if (works === true) return 'there';
  await withClient(ownerUrl, async (client) => {
    const role = client.escapeIdentifier(name);
    if (works === null) {
      await setPassword(client, {
        name,
        password: decodeURIComponent(password),
        group: runtimeRole,
      });
    }
    await client.query(`GRANT ${runtimeRole} TO ${role}`);
    // Also where a pooler drops what a connection asks for at its start.
    for (const [setting, value] of Object.entries(sessionSettings)) {
      await client.query(`ALTER ROLE ${role} SET ${setting} = '${value}'`);
    }
  });
  return 'made';
}

interface Login {
  readonly name: string;
  readonly password: string;
  /** The role whose members are ours. */
  readonly group: string;
}

/** Makes a login, or gives ours this password. Throws a {@link ForeignLoginError} for another's. */
export async function setPassword(client: Client, { name, password, group }: Login): Promise<void> {
  const { rows } = await client.query<{ isOurs: boolean }>(
    `SELECT pg_has_role(rolname, '${group}', 'MEMBER') AS "isOurs"
     FROM pg_roles WHERE rolname = $1`,
    [name],
  );
  if (rows[0]?.isOurs === false) {
    throw new ForeignLoginError(
      `The role ${name} exists, is not Belay's, and does not let us in with the password of ` +
        'DATABASE_URL. It was not changed. Mend the password, or name another role.',
    );
  }
  const verb = rows.length === 0 ? 'CREATE' : 'ALTER';
  const secret =
    password === '' ? '' : ` PASSWORD ${client.escapeLiteral(scramVerifier(password))}`;
  await client.query(`${verb} ROLE ${client.escapeIdentifier(name)} LOGIN${secret}`);
}

/** Whether the login of a URL is a member of a role. Rejects when it does not get in. */
export const isMember = (url: string, group: string): Promise<boolean> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ isMember: boolean }>(
      `SELECT pg_has_role(current_user, '${group}', 'USAGE') AS "isMember"`,
    );
    return rows[0]?.isMember === true;
  });
