import dns from 'node:dns';
import type { Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { openFetcher } from '../../src/fetch/fetcher.js';
import { fetchLengths } from '../../src/index.js';
import { Run } from '../../src/run.js';
import { urlTargets } from '../../src/targets.js';
import type { Options, Report } from '../../src/types.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { type Answer, type RawServer, rawServer, response } from '../helpers/raw-server.js';
import { MODES, settings, WHOLE_LIST } from '../helpers/settings.js';

const reset = (socket: Socket): unknown => socket.resetAndDestroy();
const OK = response('hello');
const unavailable = (...head: string[]): Buffer => response('busy!', head, '503 Service Unavailable');

/** A run whose waits end when the clock is rung; chance is always a half. */
function run(urls: readonly string[], options: Options): { clock: FakeClock; report: Promise<Report> } {
  const clock = new FakeClock();
  const started = new Run(urlTargets(urls, WHOLE_LIST), settings(options), {
    openFetcher: (given, _clock, sight, onDeath) => openFetcher(given, clock, sight, onDeath, null, () => 0.5),
  });
  return { clock, report: started.report() };
}

describe.each(MODES)('%s', (mode) => {
  describe.each(['input', 'completion'] as const)('in the order of %s', (order) => {
    test.each<[string, Answer]>([
      ['a connection that ends before the head', (socket: Socket) => socket.destroy()],
      ['a connection that is reset', reset],
      ['a body cut short', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel')],
      ...[408, 429, 500, 502, 503, 504].map((status): [string, Answer] => [
        `status ${status}`,
        response('not now', [], `${status} Later`),
      ]),
    ])('after %s tries again, twice at most', async (_, failure) => {
      const server = await rawServer({ inTurn: [failure, failure, OK] });
      const { clock, report } = run([server.origin], { mode, order });
      await clock.set(1);
      expect(clock.due).toEqual([250]);
      clock.ring();
      await clock.set(1);
      expect(clock.due).toEqual([750]);
      clock.ring();
      expect((await report).results).toMatchObject([
        { state: 'ok', length: 5, encodedBodySize: 5, attempts: 3, startTime: 0, duration: 750 },
      ]);
    });
  });

  test('the last attempt is the row', async () => {
    const server = await rawServer({ inTurn: [reset, reset, unavailable()] });
    const { clock, report } = run([server.origin], { mode });
    for (let i = 0; i < 2; i++) {
      await clock.set(1);
      clock.ring();
    }
    expect((await report).results).toMatchObject([{ state: 'http-error', status: 503, length: 5, attempts: 3 }]);
    expect(server.requests).toHaveLength(3);
  });

  test.each<[string, Answer]>([
    ['another status', response('gone', [], '410 Gone')],
    ['not implemented', response('no', [], '501 Not Implemented')],
    ['no HTTP', 'SSH-2.0\r\n'],
    ['a broken coding', response('no gzip', ['Content-Encoding: gzip'])],
  ])('%s is not tried again', async (_, answer) => {
    const server = await rawServer(answer);
    const { results } = await fetchLengths([server.origin], { mode });
    expect(results).toMatchObject([{ attempts: 1 }]);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['EAI_AGAIN', { state: 'ok', attempts: 2 }],
    ['ENOTFOUND', { state: 'failed', attempts: 1, error: { code: 'dns', cause: 'ENOTFOUND' } }],
  ])('a look-up that fails with %s is tried again only if that is for now', async (code, row) => {
    const server = await rawServer(OK);
    // Real names would need a name server of our own, which the system's resolver cannot be given.
    const { lookup } = dns;
    let failed = false;
    const unreliable = (host: string, options: object, done: (...outcome: unknown[]) => void): unknown => {
      if (host !== 'name.test') return lookup(host, options, done);
      const error = failed ? null : Object.assign(new Error(code), { code });
      failed = true;
      return done(error, [{ address: '127.0.0.1', family: 4 }]);
    };
    vi.spyOn(dns, 'lookup').mockImplementation(unreliable as unknown as typeof dns.lookup);
    const { clock, report } = run([`http://name.test:${server.port}/`], { mode });
    if (code === 'EAI_AGAIN') {
      await clock.set(1);
      clock.ring();
    }
    expect((await report).results).toMatchObject([row]);
    vi.restoreAllMocks();
  });

  test('with retry 0 nothing is', async () => {
    const server = await rawServer(reset);
    expect((await fetchLengths([server.origin], { mode, retry: 0 })).results).toMatchObject([{ attempts: 1 }]);
    expect(server.requests).toHaveLength(1);
  });

  test('a retry asks where the redirects had led', async () => {
    const server = await rawServer({ inTurn: [response('', ['Location: /b'], '302 Found'), unavailable(), OK] });
    const { clock, report } = run([`${server.origin}/a`], { mode });
    await clock.set(1);
    clock.ring();
    expect((await report).results).toMatchObject([{ state: 'ok', redirects: 1, attempts: 2 }]);
    expect(server.requests.map((head) => head.split(' ')[1])).toEqual(['/a', '/b', '/b']);
  });

  test.each([
    ['seconds', '7'],
    ['a date', 'Fri, 02 Jan 2026 03:04:12 GMT'],
  ])('Retry-After in %s is kept', async (_, field) => {
    const server = await rawServer({ inTurn: [unavailable(`Retry-After: ${field}`), OK] });
    const { clock, report } = run([server.origin], { mode });
    await clock.set(1);
    expect(clock.due).toEqual([7_000]);
    clock.ring();
    expect((await report).results).toMatchObject([{ state: 'ok', attempts: 2, duration: 7_000 }]);
  });

  test.each([
    ['Retry-After', unavailable('Retry-After: 30')],
    ['Retry-After of an hour', unavailable('Retry-After: 3600')],
  ])('a %s that would outlast the timeout is not begun', async (_, answer) => {
    const server = await rawServer(answer);
    const { results } = await fetchLengths([server.origin, server.origin], { mode, timeout: 30_000 });
    const row = { state: 'http-error', status: 503, length: 5, attempts: 1, error: null };
    expect(results).toMatchObject([row, row]);
  });

  test('what is in hand when the time is up while it waits is the row', async () => {
    const server = await rawServer(unavailable('Retry-After: 1'));
    // The clock stands still, so that the wait never ends; the timeout is in real time.
    const { clock, report } = run([server.origin], { mode, timeout: 1_100 });
    await clock.set(1);
    expect((await report).results).toMatchObject([{ state: 'http-error', status: 503, attempts: 1 }]);
  });

  const TOO_EARLY = response('', [], '429 Later');
  test.each<[string, Answer[], string[]]>([
    ['HEAD', [TOO_EARLY, 'HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n'], ['HEAD', 'HEAD']],
    ['a range', [response('', [], '405 No'), TOO_EARLY, response('x'.repeat(77))], ['HEAD', 'GET', 'GET']],
  ])('with --head %s that comes too early is tried again, and counts', async (_, inTurn, methods) => {
    const server = await rawServer({ inTurn });
    const { clock, report } = run([server.origin], { mode, head: true });
    await clock.set(1);
    expect(clock.due).toEqual([250]);
    clock.ring();
    expect((await report).results).toMatchObject([{ state: 'ok', length: 77, attempts: 2 }]);
    expect(server.requests.map((request) => request.split(' ')[0])).toEqual(methods);
  });

  test('a run that is aborted while a URL waits has it as aborted', async () => {
    const controller = new AbortController();
    const server = await rawServer(unavailable('Retry-After: 20'));
    const { clock, report } = run([server.origin, server.origin], { mode, signal: controller.signal });
    await clock.set(mode === 'sequential' ? 1 : 2);
    controller.abort();
    const rows = (await report).results;
    expect(rows.map(({ error, attempts }) => [error?.code, attempts])).toEqual(
      Array(mode === 'sequential' ? 1 : 2).fill(['aborted', 1]),
    );
  });
});

describe('a host that asks to wait', () => {
  /** Asks for five seconds when it is asked for `/first` for the first time. */
  const busyAtFirst = (): Promise<RawServer> => {
    let asked = false;
    return rawServer((socket, head) => {
      const busy = !asked && head.startsWith('GET /first ');
      asked ||= busy;
      socket.write(busy ? unavailable('Retry-After: 5') : OK);
    });
  };

  test('is left alone by every URL of it, and no slot is held meanwhile', async () => {
    const busy = await busyAtFirst();
    const other = await rawServer(OK);
    const urls = [
      `${busy.origin}/first`,
      `${busy.origin}/2`,
      `${busy.origin}/3`,
      `${other.origin}/4`,
      `${other.origin}/5`,
    ];
    const { clock, report } = run(urls, { concurrency: 1, order: 'completion' });
    await clock.set(3);
    // The others go on in the only slot.
    while (other.requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(busy.requests).toHaveLength(1);
    expect(clock.due).toEqual([5_000, 5_000, 5_000]);
    clock.ring();
    const { results } = await report;
    expect(results.map(({ index }) => index).slice(0, 2)).toEqual([3, 4]);
    expect(results.map(({ state }) => state)).toEqual(Array(5).fill('ok'));
    // Their time starts with their first request.
    expect(results.filter(({ index }) => index === 1 || index === 2)).toMatchObject([
      { attempts: 1, startTime: 5_000, duration: 0 },
      { attempts: 1, startTime: 5_000, duration: 0 },
    ]);
  });

  test('makes a sequential run wait', async () => {
    const busy = await busyAtFirst();
    const other = await rawServer(OK);
    const { clock, report } = run([`${busy.origin}/first`, `${other.origin}/2`], { mode: 'sequential' });
    await clock.set(1);
    expect(other.requests).toHaveLength(0);
    clock.ring();
    expect((await report).results).toMatchObject([{ attempts: 2 }, { attempts: 1, startTime: 5_000 }]);
  });

  test('holds back who is redirected to it', async () => {
    const busy = await busyAtFirst();
    const moved = await rawServer(response('', [`Location: ${busy.origin}/moved`], '302 Found'));
    const { clock, report } = run([`${busy.origin}/first`, moved.origin], { concurrency: 1 });
    await clock.set(2);
    expect(busy.requests).toHaveLength(1);
    clock.ring();
    expect((await report).results).toMatchObject([{ state: 'ok' }, { state: 'ok', redirects: 1, duration: 5_000 }]);
  });

  test('stopped, the run has no row of what had not started', async () => {
    const busy = await busyAtFirst();
    const stop = new AbortController();
    const clock = new FakeClock();
    const run = new Run(
      urlTargets([`${busy.origin}/first`, `${busy.origin}/2`], WHOLE_LIST),
      settings({ concurrency: 1 }),
      {
        stop: stop.signal,
        openFetcher: (given, _clock, sight, onDeath) => openFetcher(given, clock, sight, onDeath, null, () => 0.5),
      },
    );
    const report = run.report();
    await clock.set(2);
    stop.abort();
    clock.ring();
    expect((await report).results).toMatchObject([{ index: 0, state: 'ok', attempts: 2 }]);
  });
});

test('what waits for a slot again ends when its time is up', async () => {
  const server = await rawServer((socket, head) => {
    if (head.startsWith('GET /busy ')) socket.write(unavailable());
  });
  // The second URL never comes to an end, and has the only slot when the first one wants it back.
  const urls = [`${server.origin}/busy`, `${server.origin}/silent`];
  const { clock, report } = run(urls, { concurrency: 1, timeout: 1_000, order: 'completion' });
  await clock.set(1);
  while (server.requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
  clock.ring();
  // Its time began first: it is up before the slot is free.
  expect((await report).results).toMatchObject([
    { index: 0, state: 'http-error', status: 503, attempts: 1 },
    { index: 1, error: { code: 'timeout' } },
  ]);
});

test('what an earlier attempt came to is forgotten once the next one is under way', async () => {
  // The retry of the first URL is redirected to a host that is held for longer than the URL has time left.
  const held = await rawServer({ inTurn: [response('busy', ['Retry-After: 4'], '429 Too Many Requests'), OK] });
  const moved = response('', [`Location: ${held.origin}/`], '302 Found');
  const first = await rawServer({ inTurn: [unavailable('Retry-After: 2'), moved] });
  const second = await rawServer({ inTurn: [unavailable('Retry-After: 1'), moved] });
  const { clock, report } = run([first.origin, second.origin], { concurrency: 2, timeout: 5_000 });
  await clock.set(2);
  clock.ring();
  while (held.requests.length < 1) await new Promise((resolve) => setImmediate(resolve));
  clock.ring();
  expect((await report).results).toMatchObject([
    { state: 'ok', attempts: 2, redirects: 1 },
    { state: 'http-error', status: 429, attempts: 2, redirects: 1 },
  ]);
});
