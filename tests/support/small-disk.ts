/** A disk of a few megabytes, which a test can fill: only root on Linux can make one. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Takes all the space that is left. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  /** Unmounts it. Everything that uses it must have ended. */
  remove(): void;
}

/** Null, with the reason on the terminal, where no disk can be made. */
export function mountSmallDisk(mebibytes: number): SmallDisk | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'belay-disk-'));
  const options = `size=${mebibytes}m,mode=755`;
  const isLinux = process.platform === 'linux';
  if (!isLinux || !succeeds('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder)) {
    rmSync(folder, { recursive: true });
    process.stdout.write('Not tested: a full disk (only root on Linux can make a small one)\n');
    return null;
  }
  const ballast = path.join(folder, 'ballast');
  return {
    folder,
    fill: () => {
      const file = openSync(ballast, 'a');
      try {
        for (const size of [1024 * 1024, 4096, 1]) writeUntilFull(file, Buffer.alloc(size));
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove: () => {
      // What was killed a moment ago may still hold a file of it.
      succeeds('umount', '--lazy', folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const succeeds = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;

function writeUntilFull(file: number, bytes: Buffer): void {
  for (;;) {
    try {
      if (writeSync(file, bytes) < bytes.length) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}
