/** Secrets of the local stack: made once, kept for their owner alone. */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The password in the file, or a new one written into it. One that was cut off is made anew. */
export function keptPassword(file: string): string {
  const kept = readKept(file);
  if (kept !== '') return kept;
  const password = randomBytes(24).toString('base64url');
  writeSecret(file, `${password}\n`);
  return password;
}

/** Writes the file whole (0600): a start that is killed in the middle leaves the old one. */
export function writeSecret(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readKept(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
