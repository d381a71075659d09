import dns from 'node:dns';
import type { Socket } from 'node:net';
import { createGzip } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fetchLengths } from '../../src/index.js';
import type { FetchResult, Options } from '../../src/types.js';
import { deadPort } from '../helpers/dead-port.js';
import { flood } from '../helpers/flood.js';
import { type Answer, rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

const OK = 'HTTP/1.1 200 OK\r\n';

/** In milliseconds: of the URL, and how much later its row may be there. */
const TIMEOUT = 150;
const SLACK = 250;

afterEach(() => vi.restoreAllMocks());

/** Look-ups of this name never end: the system's resolver cannot be given a name server of our own. */
function silenceNameServer(): void {
  const { lookup } = dns;
  const silent = (host: string, ...rest: unknown[]): unknown =>
    host === 'name.test' ? undefined : (lookup as (...args: unknown[]) => unknown)(host, ...rest);
  vi.spyOn(dns, 'lookup').mockImplementation(silent as unknown as typeof dns.lookup);
}

/** Zeros without end, packed as gzip. */
const bomb: Answer = (socket: Socket) => {
  socket.write(`${OK}Content-Encoding: gzip\r\n\r\n`);
  const gzip = createGzip();
  gzip.on('error', () => {}).pipe(socket);
  socket.once('close', () => gzip.destroy());
  const zeros = Buffer.alloc(1_000_000);
  const pack = (): boolean => gzip.writable && gzip.write(zeros, () => setImmediate(pack));
  pack();
};

const GZIP_HEAD: Buffer = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);

const PHASES: readonly (readonly [string, Answer, number | null])[] = [
  ['the answer', () => {}, null],
  ['the rest of a head', (socket: Socket) => socket.write('HTTP/1.1 200'), null],
  ['a head that drips', flood(OK, 'X: y\r\n', { interval: 10 }), null],
  ['a head after interim ones', flood('', 'HTTP/1.1 103 Early Hints\r\n\r\n', { interval: 10 }), null],
  ['a body', (socket: Socket) => socket.write(`${OK}\r\n`), 200],
  ['the rest of a body', (socket: Socket) => socket.write(`${OK}Content-Length: 9\r\n\r\nhello`), 200],
  ['a body that drips', flood(`${OK}\r\n`, 'x', { interval: 10 }), 200],
  [
    'a body that drips in chunks',
    flood(`${OK}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n', { interval: 10 }),
    200,
  ],
  ['a body without end', flood(`${OK}\r\n`, Buffer.alloc(65_536)), 200],
  // The head of a gzip file may hold a name (RFC 1952, section 2.3.1), and ends with it.
  [
    'a coding that drips',
    flood(Buffer.concat([Buffer.from(`${OK}Content-Encoding: gzip\r\n\r\n`), GZIP_HEAD]), 'x', { interval: 10 }),
    200,
  ],
  ['a body that unfolds without end', bomb, 200],
];

// Again, because a machine that has something else to do just then is late too: a deadline that is not kept is so each time.
describe.each(MODES)('%s', { retry: 2 }, (mode) => {
  /** A URL that takes too long, and one behind it that needs its slot. */
  async function behind(url: string, options: Options = {}): Promise<readonly FetchResult[]> {
    const quick = await rawServer(response('hello'));
    const { results } = await fetchLengths([url, quick.origin], {
      ...(mode === 'sequential' ? { mode } : { mode, concurrency: 1 }),
      timeout: TIMEOUT,
      ...options,
    });
    const [late, next] = results as [FetchResult, FetchResult];
    const time = Math.min(options.timeout ?? TIMEOUT, options.connectTimeout ?? Number.POSITIVE_INFINITY);
    expect(late.duration).toBeGreaterThanOrEqual(time - 1);
    expect(late.duration).toBeLessThan(time + SLACK);
    // Its slot is free at once.
    expect(next.startTime - late.startTime - late.duration).toBeLessThan(50);
    return results;
  }

  const timedOut = (status: number | null): object => ({
    state: 'failed',
    status,
    length: null,
    attempts: 1,
    error: { code: 'timeout', cause: null, message: `not done within ${TIMEOUT} ms` },
  });

  describe.each(['input', 'completion'] as const)('in the order of %s', (order) => {
    test.each(PHASES)('the wait for %s ends in time, with its connection and slot', async (_, answer, status) => {
      const server = await rawServer(answer);
      const results = await behind(server.origin, { order });
      expect(results).toMatchObject([timedOut(status), { state: 'ok', length: 5 }]);
      await server.allClosed();
      // undici would make another for the request that it was cut off from.
      expect(server.connections).toBe(1);
    });

    test('a name look-up ends in time', async () => {
      silenceNameServer();
      expect(await behind('http://name.test/', { order })).toMatchObject([timedOut(null), { state: 'ok' }]);
    });

    test('a connection in the making ends in time', async () => {
      const url = `http://127.0.0.1:${await deadPort()}`;
      expect(await behind(url, { order })).toMatchObject([timedOut(null), { state: 'ok' }]);
      expect(await behind(url, { order, timeout: 10_000, connectTimeout: TIMEOUT, retry: 0 })).toMatchObject([
        { state: 'failed', error: { code: 'connect', cause: 'ETIMEDOUT' } },
        { state: 'ok' },
      ]);
    });

    test('a TLS handshake ends in time', async () => {
      const server = await rawServer(() => {});
      expect(await behind(`https://127.0.0.1:${server.port}`, { order })).toMatchObject([
        timedOut(null),
        { state: 'ok' },
      ]);
      await server.allClosed();
    });

    test('so does one of a name with several dead addresses', async () => {
      const port = await deadPort('127.0.0.3');
      const resolve = [`name.test:${port}:127.0.0.3,127.0.0.3,127.0.0.3`];
      const [row] = await behind(`http://name.test:${port}`, { order, resolve, timeout: 400 });
      expect(row).toMatchObject({ error: { code: 'timeout' } });
    });
  });

  test('the connect timeout is for the look-up too', async () => {
    silenceNameServer();
    const [row] = await behind('http://name.test/', { timeout: 10_000, connectTimeout: TIMEOUT, retry: 0 });
    expect(row).toMatchObject({
      error: { code: 'connect', message: `timed out after ${TIMEOUT} ms looking up the name of name.test:80` },
    });
  });
});
