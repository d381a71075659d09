import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { fetchLengths, streamLengths } from '../../src/index.js';
import type { FetchResult } from '../../src/types.js';
import { fetchOne } from '../helpers/fetch-one.js';
import { rawServer, response } from '../helpers/raw-server.js';

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

  test('are gone when the run is over', async () => {
    const server = await rawServer(response('hello'));
    await fetchLengths(urls(server.origin, 20), { concurrency: 4 });
    await server.allClosed();
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
      'user-agent: fetch-lengths/0.2.0',
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
