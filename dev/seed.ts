/** The principals of the demo and their API keys, made once and kept. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Role } from '../contracts/principal.js';
import { newApiKey } from '../runtime/api-key.js';
import { seedDemo } from '../store/seed.js';
import { keptPassword, writeSecret } from './secret-file.js';

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
export async function seed(
  ownerUrl: string,
  keys: Readonly<Record<string, string>>,
  pepper: string,
) {
  const principals = [local, ...keyed].map((principal) => ({
    ...principal,
    apiKey: keys[principal.id] ?? null,
  }));
  await seedDemo(ownerUrl, principals, [pepper]);
}

/** Where the local stack keeps the pepper of its API keys. */
export const pepperFile = (dataDir: string): string => path.join(dataDir, 'pepper');

/** The pepper of the local stack: made once and kept (0600). */
export const loadPepper = (dataDir: string): string => keptPassword(pepperFile(dataDir));

/**
 * The keys of the demo's principals by name, read from the file or made into it (0600). Those of a
 * damaged file are made anew.
 */
export function loadKeys(file: string): Readonly<Record<string, string>> {
  const kept = readKeys(file);
  const keys = Object.fromEntries(keyed.map(({ id }) => [id, kept[id] ?? newApiKey()]));
  writeSecret(file, `${JSON.stringify(keys, null, 2)}\n`);
  return keys;
}

function readKeys(file: string): Readonly<Record<string, string | undefined>> {
  if (!existsSync(file)) return {};
  const text = readFileSync(file, 'utf8');
  try {
    return (JSON.parse(text) as Record<string, string> | null) ?? {};
  } catch {
    return {};
  }
}
