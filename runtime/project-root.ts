/** Where the project's data files lie, whether the code runs from source or from `dist/`. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The folder that holds `package.json`. */
export const projectRoot = findRoot(__dirname);

function findRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('No package.json above the code');
  return findRoot(parent);
}
