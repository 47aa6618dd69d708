/** Makes a principal and an API key of it: `node dist/server/add-principal.js ana approver --label finance`. */
import { parseArgs } from 'node:util';
import { roles, type Role } from '../contracts/principal.js';
import { defaultTenant } from '../contracts/tenant.js';
import { readConfig } from '../runtime/config.js';
import { createLog } from '../runtime/log.js';
import { openDatabase } from '../store/database.js';
import { newApiKey, registerPrincipals } from '../store/principals.js';

const usage =
  'Usage: node dist/server/add-principal.js <name> <role>[,<role>] [--label <label>]…\n' +
  `Roles: ${roles.join(', ')}. One that exists gets these roles and labels and one more key.\n`;

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { label: { type: 'string', multiple: true, default: [] } },
  });
  const [id, roleList, ...rest] = positionals;
  const wanted = roleList?.split(',') ?? [];
  if (id === undefined || !isName(id) || !wanted.every(isRole) || wanted.length === 0 || rest[0]) {
    throw new Error(usage);
  }
  const config = readConfig();
  const log = createLog({ service: 'principals', level: 'warn', format: config.LOG_FORMAT });
  const database = openDatabase({
    url: config.DATABASE_URL,
    poolSize: 2,
    log,
    name: 'belay-admin',
  });
  try {
    const apiKey = newApiKey();
    const principal = { id, roles: wanted, labels: values.label, apiKey };
    await registerPrincipals(database, defaultTenant, [principal]);
    // The key alone goes to stdout, for a script; it is kept nowhere and cannot be shown again.
    process.stderr.write(`${id} is ${wanted.join(' and ')}. The key, shown this once:\n`);
    process.stdout.write(`${apiKey}\n`);
  } finally {
    await database.close();
  }
}

const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);
/** Names are shown in events and logs; `local` is whoever sits at a development machine. */
const isName = (text: string): boolean => /^[a-z][a-z0-9._-]{0,63}$/.test(text) && text !== 'local';

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
