/** What processes use, as Linux counts it. */
import { readFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Node runs on. */
const msPerTick = 10;

/** The CPU time of a process so far, in milliseconds; with `family`, of its children too. */
export function cpuMsOf(pid: number, kind: 'alone' | 'family' = 'alone'): number {
  const stat = fieldsOf(pid);
  if (stat === null) return 0;
  const ticks = (from: number, to: number) =>
    stat.slice(from, to).reduce((sum, text) => sum + Number(text), 0);
  if (kind === 'alone') return ticks(11, 13) * msPerTick;
  // Fields 14 to 17: its own, and that of children that have ended.
  const living = childrenOf(pid).reduce((sum, child) => sum + cpuMsOf(child), 0);
  return ticks(11, 15) * msPerTick + living;
}

/** The memory of a process, in bytes. Pages shared with others count in part. */
export function memoryBytesOf(pid: number, kind: 'alone' | 'family' = 'alone'): number {
  const pids = kind === 'alone' ? [pid] : [pid, ...childrenOf(pid)];
  return pids.reduce((sum, each) => sum + proportionalBytesOf(each), 0);
}

function proportionalBytesOf(pid: number): number {
  const text = read(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1_024;
}

/** The fields of `/proc/<pid>/stat` from the third on: the second is a name that may hold spaces. */
function fieldsOf(pid: number): readonly string[] | null {
  const text = read(`/proc/${pid}/stat`);
  return text === '' ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

const childrenOf = (pid: number): readonly number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);

/** Empty when the process has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
