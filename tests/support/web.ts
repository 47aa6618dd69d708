/** Web servers on loopback that count what reaches them. */
import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Web {
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** How many connections were made, whether or not anything was sent. */
  connections(): number;
  close(): Promise<void>;
}

/** Serves HTTP, or HTTPS as `service.test`, on a port of its own of 127.0.0.1. */
export async function serveWeb(
  answer: RequestListener,
  { tls = false, host = '127.0.0.1', port = 0 } = {},
): Promise<Web> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  };
  const server = tls
    ? https.createServer({ key: serviceKey, cert: serviceCertificate }, listener)
    : http.createServer(listener);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => undefined));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Made for these tests, for `service.test`, and trusted by nobody else. */
export const serviceCertificate = `-----BEGIN CERTIFICATE-----
MIIBnTCCAUSgAwIBAgIUJN0zLb2zDpLNd87ofKWkv6zUR/0wCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMc2VydmljZS50ZXN0MCAXDTI2MTEyMzIwMjUwMFoYDzIxMjYx
MDMwMjAyNTAwWjAXMRUwEwYDVQQDDAxzZXJ2aWNlLnRlc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAATnognzD6djCnVW/Rv3Zd450/IpEnGal+Cazb+4Q1OEpBJK
2i+gfEQkGMmERqRN7EBi+L6g1Uk4rgvLQrAc3iEvo2wwajAdBgNVHQ4EFgQUFYBL
0QGO/13Cxj2zv+8YCmMiVJ4wHwYDVR0jBBgwFoAUFYBL0QGO/13Cxj2zv+8YCmMi
VJ4wDwYDVR0TAQH/BAUwAwEB/zAXBgNVHREEEDAOggxzZXJ2aWNlLnRlc3QwCgYI
KoZIzj0EAwIDRwAwRAIgEquBJOxWyCTaa6bjAKYMRd2TPUfW3XY6IbdkZZqIkTkC
IFOlnN/T7qZIRT8s3Mn5n/+gSwXUdDr0IKzPJg11eJGE
-----END CERTIFICATE-----`;

const serviceKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7NXXNyTugtIr0xve
hcQVX6XhEbdH+MsmQXGvgU2eBsKhRANCAATnognzD6djCnVW/Rv3Zd450/IpEnGa
l+Cazb+4Q1OEpBJK2i+gfEQkGMmERqRN7EBi+L6g1Uk4rgvLQrAc3iEv
-----END PRIVATE KEY-----`;
