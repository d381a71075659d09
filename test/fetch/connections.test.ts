import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FetchFailure } from '../../src/fetch/errors.js';
import { Exchange } from '../../src/fetch/exchange.js';
import { type ExchangeResult, LocalTransport, type RequestMessage, type Sent } from '../../src/fetch/transport.js';
import { fetchLengths, streamLengths } from '../../src/index.js';
import { startClock } from '../../src/pacing/clock.js';
import { Sight } from '../../src/sight.js';
import type { FetchResult, Options } from '../../src/types.js';
import { version } from '../../src/version.js';
import { run } from '../helpers/cli.js';
import { fetchOne } from '../helpers/fetch-one.js';
import { rawServer, response } from '../helpers/raw-server.js';
import { settings } from '../helpers/settings.js';

const urls = (origin: string, count: number) => Array.from({ length: count }, (_, i) => `${origin}/${i}`);

describe('connections', () => {
  test('are used again for the same origin', async () => {
    const server = await rawServer(response('hello'));
    const report = await fetchLengths(urls(server.origin, 20), { mode: 'sequential' });
    expect(report.totals.ok).toBe(20);
    expect(server.connections).toBe(1);
  });

  test('are as many as are in flight', async () => {
    const server = await rawServer(response('hello'));
    const report = await fetchLengths(urls(server.origin, 100), { concurrency: 4 });
    expect(report.totals.ok).toBe(100);
    expect(server.connections).toBeLessThanOrEqual(4);
  });

  test.each([
    ['says that it will close', response('hello', ['Connection: close'])],
    ['closes', (socket: Socket) => socket.end(response('hello'))],
    ['speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ])('are made anew where the server %s', async (_, answer) => {
    const server = await rawServer(answer);
    const report = await fetchLengths(urls(server.origin, 10), { mode: 'sequential' });
    expect(report.totals.ok).toBe(10);
    expect(server.connections).toBe(10);
  });

  test('that a request finds closed cost no attempt', async () => {
    // Every second request on a connection is answered with its end.
    const answered = new WeakSet<Socket>();
    const server = await rawServer((socket) => {
      if (answered.has(socket)) socket.destroy();
      else socket.write(response('hello'));
      answered.add(socket);
    });
    const report = await fetchLengths(urls(server.origin, 10), { mode: 'sequential' });
    expect(report.results.map(({ state, attempts }) => [state, attempts])).toEqual(Array(10).fill(['ok', 1]));
    expect(server.requests).toHaveLength(19);
  });

  test.each(['resetAndDestroy', 'end'] as const)(
    'that are closed (%s) as a request is about to go out cost no attempt',
    async (close) => {
      const server = await rawServer(response('hello'));
      let onFirst: (() => void) | undefined;
      const first = new Promise<void>((resolve) => {
        onFirst = resolve;
      });
      async function* urls(): AsyncGenerator<string> {
        yield server.origin;
        await first;
        // In the phase of timers: what the server does now is read before undici, in a later phase, writes the request.
        await new Promise((resolve) => setTimeout(resolve, 5));
        server.open[0]?.[close]();
        yield server.origin;
      }
      const rows: FetchResult[] = [];
      for await (const row of streamLengths(urls(), { mode: 'sequential', retry: 0 })) {
        rows.push(row);
        onFirst?.();
      }
      expect(rows.map(({ state, attempts }) => [state, attempts])).toEqual(Array(2).fill(['ok', 1]));
      expect(server.requests).toHaveLength(2);
    },
  );

  test('that end within an answer are not tried again at once', async () => {
    const answered = new WeakSet<Socket>();
    const server = await rawServer((socket) => {
      if (answered.has(socket)) socket.end('HTTP/1.1');
      else socket.write(response('hello'));
      answered.add(socket);
    });
    const { results } = await fetchLengths(urls(server.origin, 2), { mode: 'sequential', retry: 0 });
    expect(results.map(({ state }) => state)).toEqual(['ok', 'failed']);
    expect(server.requests).toHaveLength(2);
  });

  test('are kept for a few origins only', async () => {
    const servers = await Promise.all(Array.from({ length: 30 }, () => rawServer(response('hello'))));
    let open = 0;
    const origins = servers.flatMap(({ origin }) => [origin, origin]);
    for await (const row of streamLengths(origins, { mode: 'sequential' })) {
      expect(row.state).toBe('ok');
      open = Math.max(open, servers.flatMap((server) => server.open).length);
    }
    // The one in use, and a few that are being closed.
    expect(open).toBeGreaterThanOrEqual(16);
    expect(open).toBeLessThanOrEqual(20);
    expect(servers.map(({ connections }) => connections)).toEqual(servers.map(() => 1));
  });

  test('that bytes of no answer come on are left for new ones', async () => {
    // They come when the next request is on its way, and are no answer to it.
    const answered = new WeakSet<Socket>();
    const server = await rawServer((socket) => {
      socket.write(answered.has(socket) ? 'stray bytes\r\n' : response('hello'));
      answered.add(socket);
    });
    const { results } = await fetchLengths(urls(server.origin, 3), { mode: 'sequential' });
    expect(results.map(({ state, attempts }) => [state, attempts])).toEqual(Array(3).fill(['ok', 1]));
  });

  test('that a trailer closes fail nobody else', async () => {
    const server = await rawServer(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nConnection: close\r\n\r\n',
    );
    const report = await fetchLengths(urls(server.origin, 5), { mode: 'sequential' });
    expect(report.totals).toMatchObject({ ok: 5, length: 25 });
  });

  test('never give an answer to another request', async () => {
    // An answer that nobody asked for follows the first.
    const server = await rawServer(Buffer.concat([response('hello'), response('not yours')]));
    const { results } = await fetchLengths(urls(server.origin, 20), { concurrency: 2 });
    expect(results.map(({ length }) => length)).toEqual(Array(20).fill(5));
  });

  test('are kept as long as another URL of their origin is in sight, and closed with its last', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => rawServer(response('hello'))));
    const [often, once, last] = servers.map(({ origin }) => origin) as [string, string, string];
    const open: number[][] = [];
    // Looks at the others as they are when the last server is asked; what we have closed may take a turn to arrive.
    const watcher = await rawServer((socket) => {
      setImmediate(() =>
        setImmediate(() => {
          open.push(servers.map((server) => server.open.length));
          socket.end(response('hello'));
        }),
      );
    });
    const list = [often, once, watcher.origin, `${often}/2`, last, watcher.origin, `HTTP${often.slice(4)}/3`];
    const { status } = await run(['-m', 'sequential', '-q'], { stdin: [...list, watcher.origin, last].join('\n') });
    expect(status).toBe(0);
    expect(open).toEqual([
      [1, 0, 0],
      [1, 0, 1],
      [0, 0, 1],
    ]);
    expect(servers.map(({ connections }) => connections)).toEqual([1, 1, 1]);
    for (const server of servers) await server.allClosed();
  });

  test('are never more than so many, idle ones included', async () => {
    const servers = await Promise.all(Array.from({ length: 60 }, () => rawServer(response('hello'))));
    const concurrency = 4;
    const list = [0, 1, 2].flatMap((i) => servers.map(({ origin }) => `${origin}/${i}`));
    let most = 0;
    const count = (): void => {
      most = Math.max(most, servers.flatMap(({ open }) => open).length);
      if (counting) setImmediate(count);
    };
    let counting = true;
    count();
    const { status } = await run(['-c', String(concurrency), '-q'], { stdin: list.join('\n') });
    counting = false;
    expect(status).toBe(0);
    // As many idle ones as may be in use, but at least 16; and what is being closed.
    const { maxConnections } = settings({ concurrency });
    expect(most).toBeGreaterThanOrEqual(maxConnections);
    expect(most).toBeLessThanOrEqual(maxConnections + concurrency);
    for (const server of servers) await server.allClosed();
  });

  test.each(['http', 'https'])('share a buffer, of which nothing is left to another (%s)', async (scheme) => {
    // Bodies that are held back by their decoder, come in many parts and end together with one that is only counted.
    const zeros = gzipSync(Buffer.alloc(3_000_000));
    const noise = gzipSync(randomBytes(700_000), { level: 0 });
    const bodies = [
      response(zeros, ['Content-Encoding: gzip']),
      response(noise, ['Content-Encoding: gzip']),
      response(Buffer.alloc(1_000_000, 'x')),
      response('hello'),
    ];
    const server = await rawServer(
      (socket, request) => {
        const [, i] = /^GET \/(\d+)/.exec(request) ?? [];
        socket.write(bodies[Number(i) % 4] as Buffer);
      },
      scheme === 'https' ? 'localhost' : undefined,
    );
    const { results } = await fetchLengths(urls(server.origin, 80), { concurrency: 16, insecure: true });
    expect(results.map(({ length, error }) => length ?? error)).toEqual(
      Array(20).fill([3_000_000, 700_000, 1_000_000, 5]).flat(),
    );
    expect(server.connections).toBeLessThanOrEqual(16);
  });

  test('leave nothing behind in a library that goes on', async () => {
    const server = await rawServer(response('hello'));
    const hanging = await rawServer(() => {});
    const busy = await rawServer(response('', ['Retry-After: 5'], '503 Service Unavailable'));
    const ours = (): [sockets: number, timers: number] => {
      const names = process.getActiveResourcesInfo();
      return [
        names.filter((name) => /^(TCPSocketWrap|TLSWrap|.*ReqWrap)$/.test(name)).length,
        names.filter((name) => name === 'Timeout').length,
      ];
    };
    const [, timersBefore] = ours();
    await fetchLengths(urls(server.origin, 200), { concurrency: 20 });
    for (let i = 0; i < 3; i++) {
      for await (const _ of streamLengths([...urls(server.origin, 9), hanging.origin, busy.origin])) break;
      for await (const _ of streamLengths([server.origin, hanging.origin, busy.origin], { retry: 1 })) break;
    }
    for (const one of [server, hanging, busy]) await one.allClosed();
    // The servers' own halves are closed, but for the last turns of the event loop.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    const [sockets, timers] = ours();
    expect(sockets).toBe(0);
    // One of the test runner's own may have run out.
    expect(timers).toBeLessThanOrEqual(timersBefore);
  });

  test('are gone when the run is over', async () => {
    const server = await rawServer(response('hello'));
    await fetchLengths(urls(server.origin, 20), { concurrency: 4 });
    await server.allClosed();
  });
});

describe('a request', () => {
  afterEach(() => vi.restoreAllMocks());

  function sender(origin: string, options: Options = {}) {
    const transport = new LocalTransport(settings(options), startClock(), new Sight());
    const url = new URL(origin);
    const message: RequestMessage = { url, origin, path: '/', kind: 'GET', own: true, authorization: null };
    let sent: Sent | undefined;
    const send = (): Promise<ExchangeResult> =>
      new Promise((resolve) => {
        sent = transport.send(message, { onExchange: resolve });
      });
    return { transport, send, fail: (reason: FetchFailure) => sent?.fail(reason) };
  }

  test('that is given up as its connection turns out closed is not made once more', async () => {
    const answered = new WeakSet<Socket>();
    const server = await rawServer((socket) => {
      if (answered.has(socket)) socket.destroy();
      else if (server.requests.length === 1) socket.write(response('hello'));
      answered.add(socket);
    });
    const { transport, send, fail } = sender(server.origin);
    expect((await send()).failure).toBeNull();
    type OnError = (this: Exchange, ...args: unknown[]) => void;
    const onError = Reflect.get(Exchange.prototype, 'onError') as OnError;
    vi.spyOn(Exchange.prototype, 'onError').mockImplementation(function (this: Exchange, ...args) {
      onError.apply(this, args);
      fail(new FetchFailure('timeout', null, 'too late'));
    });
    expect((await send()).failure?.code).toBe('reset');
    expect(server.requests).toHaveLength(2);
    transport.close();
  });

  test('that is made when all is over needs no idle connection', async () => {
    const server = await rawServer(response('hello'));
    const { transport, send } = sender(server.origin, { concurrency: 1 });
    await send();
    transport.close();
    await server.allClosed();
    for (const { failure } of await Promise.all(Array.from({ length: 40 }, send))) expect(failure).toBeNull();
    await server.allClosed();
    expect(server.connections).toBe(41);
  });
});

describe('times', () => {
  test('are in their order, and measure the wait for the answer', async () => {
    const server = await rawServer((socket) => {
      setTimeout(() => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
        setTimeout(() => socket.write('hello'), 200);
      }, 200);
    });
    // Half of each wait is left to a busy machine.
    const row = await fetchOne(server.origin);
    const { startTime, requestStart, responseStart, duration } = row;
    expect(startTime).toBeGreaterThanOrEqual(0);
    expect(requestStart).toBeGreaterThan(startTime);
    expect((responseStart ?? 0) - (requestStart ?? 0)).toBeGreaterThanOrEqual(100);
    expect(startTime + duration - (responseStart ?? 0)).toBeGreaterThanOrEqual(100);
  });

  test('tell the first byte of the answer, not the end of its head', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      setTimeout(() => socket.write('Content-Length: 5\r\n\r\nhello'), 200);
    });
    const { startTime, responseStart, duration } = await fetchOne(server.origin);
    expect(startTime + duration - (responseStart ?? 0)).toBeGreaterThanOrEqual(100);
  });
});

describe('headers', () => {
  const fields = (request: string | undefined) =>
    request
      ?.split('\r\n')
      .slice(1)
      .map((line) => line.toLowerCase())
      .sort();

  test('are few', async () => {
    const server = await rawServer(response('hello'));
    await fetchOne(server.origin);
    expect(fields(server.requests[0])).toEqual([
      'accept-encoding: identity',
      'accept: */*',
      'connection: keep-alive',
      `host: 127.0.0.1:${server.port}`,
      `user-agent: fetch-lengths/${version}`,
    ]);
  });

  test('can be set, repeated, replaced and removed', async () => {
    const server = await rawServer(response('hello'));
    await fetchOne(server.origin, {
      header: ['X-A: 1', 'X-A: 2', 'Accept:', 'accept-encoding:', 'X-Text: ü', 'X-Tab: a\tb'],
      userAgent: 'me',
    });
    expect(fields(server.requests[0])).toEqual([
      'connection: keep-alive',
      `host: 127.0.0.1:${server.port}`,
      'user-agent: me',
      'x-a: 1',
      'x-a: 2',
      'x-tab: a\tb',
      'x-text: Ã¼'.toLowerCase(),
    ]);
  });

  test('leave out an empty User-Agent', async () => {
    const server = await rawServer(response('hello'));
    await fetchOne(server.origin, { userAgent: '' });
    expect(server.requests[0]).not.toMatch(/user-agent/i);
  });
});
