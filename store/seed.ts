/** What the local stack starts with: the demo shop's orders and the principals of the demo. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Peppers } from '../runtime/api-key.js';
import { createLog } from '../runtime/log.js';
import { projectRoot } from '../runtime/project-root.js';
import { openDatabase } from './database.js';
import { seedPrincipals, type SeededPrincipal } from './register-principals.js';

/** Applies `prisma/shop.sql` and writes principals, as the owner. Repeats change nothing. */
export async function seedDemo(
  ownerUrl: string,
  principals: readonly SeededPrincipal[],
  peppers: Peppers,
): Promise<void> {
  const log = createLog({ service: 'seed', level: 'warn', format: 'json' });
  const database = openDatabase({ url: ownerUrl, poolSize: 2, log, name: 'belay-seed' });
  try {
    await database.pool.query(await readFile(path.join(projectRoot, 'prisma/shop.sql'), 'utf8'));
    await seedPrincipals(database, 'default', principals, peppers);
  } finally {
    await database.close();
  }
}
