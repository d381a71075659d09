import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** What to do with one request: bytes to send, or anything at all. */
export type Answer = string | Buffer | readonly (string | Buffer)[] | ((socket: Socket, request: string) => unknown);

export interface RawServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>` or, with TLS, `https://localhost:<port>`. */
  readonly origin: string;
  /** The heads of the requests so far. */
  readonly requests: readonly string[];
  /** How many connections were made so far. */
  readonly connections: number;
  /** Those that are open now. */
  readonly open: readonly Socket[];
  /** Resolves once none is. */
  allClosed(): Promise<void>;
}

/**
 * A server that speaks byte for byte what a test needs. It gives `answers` in turn, the last one again and again; an
 * answer of several parts is sent in as many packets.
 *
 * @param certificate the name of a fixture, for TLS
 */
export async function rawServer(answers: Answer | { inTurn: Answer[] }, certificate?: string): Promise<RawServer> {
  const list = typeof answers === 'object' && 'inTurn' in answers ? answers.inTurn : [answers];
  const requests: string[] = [];
  const open: Socket[] = [];
  let connections = 0;
  const serve = (socket: Socket): void => {
    connections++;
    open.push(socket);
    socket.setNoDelay(true);
    let head = '';
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1');
      for (let end = head.indexOf('\r\n\r\n'); end !== -1; end = head.indexOf('\r\n\r\n')) {
        const request = head.slice(0, end);
        head = head.slice(end + 4);
        requests.push(request);
        give(socket, list[Math.min(requests.length, list.length) - 1] as Answer, request);
      }
    });
    socket.on('error', () => {});
    socket.once('close', () => open.splice(open.indexOf(socket), 1));
  };
  const server: Server =
    certificate === undefined
      ? createServer(serve)
      : createTlsServer({ cert: fixture(`${certificate}.pem`), key: fixture('localhost-key.pem') }, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
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
    open,
    allClosed: async () => {
      for (let [socket] = open; socket !== undefined; [socket] = open) {
        const last = socket;
        await new Promise((resolve) => last.once('close', resolve));
      }
    },
  };
}

export function fixture(name: string): Buffer {
  return readFileSync(fixturePath(name));
}

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

function give(socket: Socket, answer: Answer, request: string): void {
  if (typeof answer === 'function') {
    answer(socket, request);
    return;
  }
  const parts = Array.isArray(answer) ? [...answer] : [answer];
  const next = (): void => {
    const part = parts.shift();
    // The next turn of the event loop, so that each part is a packet of its own.
    if (part !== undefined) socket.write(part, () => setImmediate(next));
  };
  next();
}

/** A response with a body and its length. */
export function response(body: string | Buffer, head: readonly string[] = [], status = '200 OK'): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    Buffer.from([`HTTP/1.1 ${status}`, `Content-Length: ${bytes.length}`, ...head, '', ''].join('\r\n'), 'latin1'),
    bytes,
  ]);
}
