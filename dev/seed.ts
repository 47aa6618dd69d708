/** The principals of the demo and their API keys, made once and kept. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Role } from '../contracts/principal.js';
import { newApiKey } from '../store/principals.js';
import { seedDemo } from '../store/seed.js';

interface DemoPrincipal {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly labels: readonly string[];
}

/** `local` has no key: it is whoever asks from this machine. */
const local: DemoPrincipal = { id: 'local', roles: ['operator', 'approver'], labels: [] };

const keyed: readonly DemoPrincipal[] = [
  { id: 'otto', roles: ['operator'], labels: [] },
  { id: 'ana', roles: ['approver'], labels: ['finance'] },
  { id: 'ben', roles: ['approver'], labels: ['finance'] },
  { id: 'cleo', roles: ['approver'], labels: ['finance'] },
  { id: 'vera', roles: ['viewer'], labels: [] },
  { id: 'adam', roles: ['admin'], labels: [] },
  { id: 'audrey', roles: ['auditor'], labels: [] },
];

/** Writes the demo's shop and principals. Doing it again changes nothing. */
export async function seed(ownerUrl: string, keys: Readonly<Record<string, string>>) {
  await seedDemo(
    ownerUrl,
    [local, ...keyed].map((principal) => ({ ...principal, apiKey: keys[principal.id] ?? null })),
  );
}

/** The keys of the demo's principals by name, read from the file or made into it (0600). */
export function loadKeys(file: string): Readonly<Record<string, string>> {
  const kept = existsSync(file) ? readKeys(file) : {};
  const keys = Object.fromEntries(keyed.map(({ id }) => [id, kept[id] ?? newApiKey()]));
  writeFileSync(`${file}.new`, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return keys;
}

function readKeys(file: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
}
