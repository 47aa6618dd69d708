/** What the local stack starts with: the demo shop's orders and the principals of the demo. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createLog } from '../runtime/log.js';
import { projectRoot } from '../runtime/project-root.js';
import { openDatabase } from './database.js';
import { registerPrincipals, type NewPrincipal } from './principals.js';

/** Applies `prisma/shop.sql` and registers principals, as the owner. Repeats change nothing. */
export async function seedDemo(
  ownerUrl: string,
  principals: readonly NewPrincipal[],
): Promise<void> {
  const log = createLog({ service: 'seed', level: 'warn', format: 'json' });
  const database = openDatabase({ url: ownerUrl, poolSize: 2, log, name: 'belay-seed' });
  try {
    await database.pool.query(await readFile(path.join(projectRoot, 'prisma/shop.sql'), 'utf8'));
    await registerPrincipals(database, 'default', principals);
  } finally {
    await database.close();
  }
}
