/** A TCP proxy that has weather: it delays, falls silent, drops replies, refuses and cuts. */
import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Dice } from '../support/seed.js';

export type Weather =
  | { readonly kind: 'clear' }
  /** Every chunk takes this long, give or take the jitter. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly jitterMs: number }
  /** Half-open: connections stand and are accepted, nothing passes until the weather changes. */
  | { readonly kind: 'silent' }
  /** Requests arrive; a connection is cut when its server has answered this many bytes more. */
  | { readonly kind: 'lost-replies'; readonly afterBytes: number }
  /** As above, where one who reads along says so of a piece that the server answers. */
  | {
      readonly kind: 'chosen-losses';
      /** `sent` is the last that the client has sent on this connection, as Latin-1. */
      readonly isLost: (sent: string, piece: string) => boolean;
    }
  /** New connections are reset. */
  | { readonly kind: 'refusing' };

export interface Proxy {
  readonly port: number;
  setWeather(weather: Weather): void;
  /** Resets every connection that stands, from both sides. */
  cut(): void;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  repliedBytes: number;
  /** Of what the client has sent, the last: never more than {@link rememberedLength}. */
  sent: string;
}

const rememberedLength = 100_000;

/** Listens on a free port of 127.0.0.1 and passes everything on to `port` there. */
export async function startProxy(port: number, dice: Dice): Promise<Proxy> {
  let weather: Weather = { kind: 'clear' };
  const sky = new EventEmitter();
  sky.setMaxListeners(0);
  const links = new Set<Link>();

  const end = (link: Link): void => {
    links.delete(link);
    link.client.resetAndDestroy();
    link.server.resetAndDestroy();
  };
  /** Resolves to whether a chunk may pass, when it may. */
  const letPass = async (link: Link, chunk: Buffer, isReply: boolean): Promise<boolean> => {
    while (weather.kind === 'silent') await once(sky, 'change');
    if (weather.kind === 'slow') {
      const { delayMs, jitterMs } = weather;
      await wait(Math.max(0, delayMs - jitterMs + dice.roll(2 * jitterMs + 1)));
    }
    if (weather.kind === 'lost-replies' && isReply) {
      link.repliedBytes += chunk.length;
      return link.repliedBytes <= weather.afterBytes;
    }
    if (weather.kind === 'chosen-losses') {
      const piece = chunk.toString('latin1');
      if (isReply) return !weather.isLost(link.sent, piece);
      link.sent = `${link.sent}${piece}`.slice(-rememberedLength);
    }
    return true;
  };
  const pump = async (link: Link, from: Socket, to: Socket): Promise<void> => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (!(await letPass(link, chunk, from === link.server))) return end(link);
      if (!to.write(chunk)) await once(to, 'drain');
    }
    to.end();
  };

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (weather.kind === 'refusing') return void client.resetAndDestroy();
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const link = { client, server, repliedBytes: 0, sent: '' };
    links.add(link);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // The loops below notice; without a listener a reset would end this process.
      socket.on('error', () => undefined);
    }
    const ways = [pump(link, client, server), pump(link, server, client)];
    Promise.all(ways).then(
      () => links.delete(link),
      () => end(link),
    );
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const change = (next: Weather): void => {
    weather = next;
    for (const link of links) link.repliedBytes = 0;
    sky.emit('change');
  };
  const cut = (): void => links.forEach(end);
  return {
    port: (listener.address() as AddressInfo).port,
    setWeather: change,
    cut,
    close: async () => {
      listener.close();
      change({ kind: 'clear' });
      cut();
      if (listener.listening) await once(listener, 'close');
    },
  };
}
