import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { anyPort, choosePort } from '../../dev/ports.js';

describe('choosing a port', () => {
  it('takes the wanted one when it is free', async () => {
    expect(await choosePort(3000, new Set(), async () => true)).toBe(3000);
  });

  it('takes the next free one when it is taken', async () => {
    expect(await choosePort(3000, new Set(), async (port) => port > 3002)).toBe(3003);
  });

  it('gives no port away twice', async () => {
    expect(await choosePort(3000, new Set([3000, 3001]), async () => true)).toBe(3002);
  });

  it('gives up after 200 taken ones, and says which', async () => {
    const none = choosePort(3000, new Set(), async () => false);
    await expect(none).rejects.toThrow('No port between 3000 and 3199 is free.');
  });

  it('sees a port on which somebody listens', async () => {
    const port = await anyPort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      expect(await choosePort(port)).not.toBe(port);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
