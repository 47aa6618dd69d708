/** Makes a principal and an API key of it: `node dist/server/add-principal.js ana approver --label finance`. */
import { parseArgs } from 'node:util';
import { areApart, isLabel, isPrincipalName, roles, type Role } from '../contracts/principal.js';
import { defaultTenant } from '../contracts/tenant.js';
import { peppersOf, readConfig } from '../runtime/config.js';
import { createLog } from '../runtime/log.js';
import { openDatabase } from '../store/database.js';
import { makeApiKey } from '../store/keyring.js';
import { registerPrincipal } from '../store/register-principals.js';

const usage =
  'Usage: node dist/server/add-principal.js <name> <role>[,<role>] [--label <label>]…\n' +
  `Roles: ${roles.join(', ')}; admin and approver not together. Labels are called like no role.\n` +
  'One that exists gets these roles and labels and one more key. Both are recorded.\n';

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { label: { type: 'string', multiple: true, default: [] } },
  });
  const [id, roleList, ...rest] = positionals;
  const wanted = roleList?.split(',') ?? [];
  const isMeant = id !== undefined && rest.length === 0 && wanted.length > 0;
  if (!isMeant || !isPrincipalName(id) || !wanted.every(isRole) || !areApart(wanted)) {
    throw new Error(usage);
  }
  if (!values.label.every(isLabel)) throw new Error(usage);
  const config = readConfig();
  const peppers = peppersOf(config);
  const log = createLog({ service: 'principals', level: 'warn', format: config.LOG_FORMAT });
  const database = openDatabase({
    url: config.DATABASE_URL,
    poolSize: 2,
    log,
    name: 'belay-admin',
  });
  try {
    const key = makeApiKey(peppers);
    const author = {
      tenantId: defaultTenant,
      by: null,
      reason: 'add-principal, at a command line',
    };
    const principal = { id, roles: wanted, labels: values.label };
    await registerPrincipal(database, author, principal, key);
    // The key alone goes to stdout, for a script; it is kept nowhere and cannot be shown again.
    process.stderr.write(`${id} is ${wanted.join(' and ')}. The key, shown this once:\n`);
    process.stdout.write(`${key.text}\n`);
  } finally {
    await database.close();
  }
}

const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);
main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
