import { describe, expect, it } from '@jest/globals';
import { watchSpace, whyNoRoom } from '../../dev/disk-space.cjs';

const mebibyte = 1024 * 1024;

/** What is said while the free space goes through these values. */
function told(...freeMebibytes: (number | null)[]): string[] {
  const lines: string[] = [];
  const left = [...freeMebibytes];
  const free = () => {
    const next = left.shift() ?? null;
    return next === null ? null : next * mebibyte;
  };
  const watch = watchSpace({ dataDir: '/data', log: (line) => lines.push(line), free });
  for (const _ of freeMebibytes) watch.look();
  return lines.map((line) => line.split(/[:.]/)[0] ?? line);
}

describe('watching the disk', () => {
  it('is silent while there is room, or nobody knows', () => {
    expect(told(5_000, 300, null, 250)).toEqual([]);
  });

  it('tells each change once, with the folder', () => {
    expect(told(500, 100, 90, 3, 2, 1_000)).toEqual([
      '! disk  100 MB free in /data',
      '! disk  /data is full (3 MB free)',
      '▸ disk  1000 MB free again in /data',
    ]);
  });

  it('does not come and go at a bound', () => {
    expect(told(199, 201, 199, 201, 15, 17, 15)).toEqual([
      '! disk  199 MB free in /data',
      '! disk  /data is full (15 MB free)',
    ]);
  });
});

describe('the room for a start', () => {
  it('is judged where the folder will be, and is there on this machine', () => {
    expect(whyNoRoom('/no/such/folder/yet')).toBeNull();
  });
});
