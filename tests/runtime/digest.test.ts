import { expect, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import { effectKeyOf } from '../../runtime/digest.js';

const run = 'run_1' as RunId;

test('the key of an effect never changes: services remember it, runs in flight rely on it', () => {
  expect(effectKeyOf('default', run, 2, 'issue_refund')).toBe(
    '0j0OQrr-H96eyjz6yOIry2S7LNHdKKQVIVLSRKW5NF0',
  );
});

test('two effects have two keys: of another tenant, run, call or tool', () => {
  const keys = [
    effectKeyOf('default', run, 2, 'issue_refund'),
    effectKeyOf('other', run, 2, 'issue_refund'),
    effectKeyOf('default', 'run_2' as RunId, 2, 'issue_refund'),
    effectKeyOf('default', run, 3, 'issue_refund'),
    effectKeyOf('default', run, 2, 'send_email'),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
