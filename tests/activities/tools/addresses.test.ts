import { describe, expect, test } from '@jest/globals';
import { mayConnectTo } from '../../../activities/tools/addresses.js';

const open = [
  '8.8.8.8',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '100.128.0.1',
];
const openV6 = ['2606:4700:4700::1111', '2a00:1450:4001:800::200e', '2001:4860:4860::8888'];

/** The inside of a network: for origins that an operator vouches for. */
const inside = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '100.127.255.255',
  '::1',
  'fc00::1',
  'fd12:3456::1',
];

/** Nobody's to be asked, or another address in disguise: never, whoever vouches. */
const never = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  'fd00:ec2::254',
  'fd00:ec2:0::254',
  '169.254.0.1',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::2',
  '::127.0.0.1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:8.8.8.8',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::8.8.8.8',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::',
  '2002:a00:1::1',
  '2001::7f00:1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:db8::1',
  '2001:2::1',
  '2001:10::1',
  '2001:20::1',
  '3fff::1',
  '5f00::1',
  '100::1',
  '4000::1',
  'fe80::1',
  'fe80::1%lo',
  'fec0::1',
  'ff02::1',
];

/** No addresses as `net.isIP` knows them. A resolver that gives one is not believed. */
const none = [
  '',
  'localhost',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '[::1]',
  '8.8.8.8 ',
];

describe('an address', () => {
  test.each([...open, ...openV6])('%s is public', (address) => {
    expect([mayConnectTo(address, false), mayConnectTo(address, true)]).toEqual([true, true]);
  });

  test.each(inside)('%s is reached only where an operator vouches for it', (address) => {
    expect([mayConnectTo(address, false), mayConnectTo(address, true)]).toEqual([false, true]);
  });

  test.each([...never, ...none])('%s is never reached', (address) => {
    expect([mayConnectTo(address, false), mayConnectTo(address, true)]).toEqual([false, false]);
  });
});
