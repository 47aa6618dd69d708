/** Finds ports on loopback. */
import { createServer } from 'node:net';

/** Says whether nothing listens on the port of 127.0.0.1. */
export type IsFree = (port: number) => Promise<boolean>;

const tries = 200;

/**
 * The wanted port, or the next free one above it that is not among `taken`. 0 asks for any.
 * Throws when 200 in a row are taken.
 */
export async function choosePort(
  wanted: number,
  taken: ReadonlySet<number> = new Set(),
  isFree: IsFree = isFreeOnLoopback,
): Promise<number> {
  if (wanted === 0) {
    const port = await anyPort();
    return taken.has(port) ? choosePort(0, taken, isFree) : port;
  }
  const last = Math.min(wanted + tries - 1, 65_535);
  for (let port = wanted; port <= last; port += 1) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`No port between ${wanted} and ${last} is free.`);
}

/** Any port that is free now. */
export function anyPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

const forbidden = (port: number): string =>
  `This user may not listen on port ${port}. Choose one from 1024 up: PORT=3000 npm start`;

const isFreeOnLoopback: IsFree = (port) =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EACCES') reject(new Error(forbidden(port)));
      else resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
