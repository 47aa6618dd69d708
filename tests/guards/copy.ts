/** A copy of the tree in which guards are removed: the tree itself is never touched. */
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastLines, runCommand } from '../../dev/command.mjs';
import { projectRoot } from '../../runtime/project-root.js';
import { needsBuild, type Guard } from './guard.js';

/** Made anew or of no use to a test. */
const leftOut: ReadonlySet<string> = new Set(['node_modules', '.git', '.data', 'coverage']);
const buildTimeoutMs = 60_000;

export interface TreeCopy {
  readonly root: string;
  /** Removes a guard; the returned function puts it back. */
  remove(guard: Guard): () => void;
  /** Compiles what changed where a test needs it. Returns what is wrong with it, or null. */
  buildFor(testFile: string): Promise<string | null>;
}

/** Copies the tree. The copy is gone when this process ends. */
export function copyTree(): TreeCopy {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'belay-guards-')));
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  const isWanted = (file: string): boolean => !leftOut.has(path.relative(projectRoot, file));
  cpSync(projectRoot, root, { recursive: true, filter: isWanted });
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(root, 'node_modules'));
  return {
    root,
    remove: ({ owner, from, to }) => {
      const file = path.join(root, owner);
      const text = readFileSync(file, 'utf8');
      writeFileSync(
        file,
        text.replace(from, () => to),
      );
      return () => writeFileSync(file, text);
    },
    buildFor: async (testFile) => {
      if (!needsBuild(readFileSync(path.join(root, testFile), 'utf8'))) return null;
      const args = [path.join('dev', 'build.mjs')];
      const command = { command: process.execPath, args, cwd: root, timeoutMs: buildTimeoutMs };
      const { code, output } = await runCommand(command);
      return code === 0 ? null : lastLines(output);
    },
  };
}
