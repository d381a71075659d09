import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { fixture } from './raw-server.js';

export interface ProxyServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>` or, with TLS, `https://localhost:<port>`. */
  readonly origin: string;
  /** What it was asked for: method, target and the head's fields. */
  readonly requests: readonly { readonly line: string; readonly headers: NodeJS.Dict<string | string[]> }[];
  readonly connections: number;
}

/**
 * A proxy that passes on what it gets.
 *
 * @param credentials `user:password` that it wants
 * @param certificate the name of a fixture, for TLS
 */
export async function proxyServer(credentials?: string, certificate?: string): Promise<ProxyServer> {
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  const requests: { line: string; headers: NodeJS.Dict<string | string[]> }[] = [];
  const sockets: Socket[] = [];
  let connections = 0;
  const server =
    certificate === undefined
      ? createServer()
      : createTlsServer({ cert: fixture(`${certificate}.pem`), key: fixture('localhost-key.pem') });
  server.on('request', (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    requests.push({ line: `${method} ${url}`, headers });
    if (wanted && headers['proxy-authorization'] !== wanted) {
      response.writeHead(407, { 'Proxy-Authenticate': 'Basic' }).end('who are you?');
      return;
    }
    request(url, { method, headers })
      .on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      })
      .on('error', () => response.headersSent || response.writeHead(502).end('bad gateway'))
      .end();
  });
  server.on('connect', ({ method = '', url = '', headers }, socket: Socket) => {
    requests.push({ line: `${method} ${url}`, headers });
    if (wanted && headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`http://${url}`);
    const target = connect(Number(port), hostname, () => socket.write('HTTP/1.1 200 Connected\r\n\r\n'));
    sockets.push(target);
    target.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.on('error', () => target.destroy());
    socket.pipe(target).pipe(socket);
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: certificate === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests,
    get connections() {
      return connections;
    },
  };
}
