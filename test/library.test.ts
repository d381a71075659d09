import { describe, expect, test, vi } from 'vitest';
import { fetchLengths, OptionError, streamLengths } from '../src/index.js';
import { gateServer } from './helpers/gate-server.js';
import { rawServer, response } from './helpers/raw-server.js';
import { MODES, NOBODY } from './helpers/settings.js';

async function* asyncly(urls: string[]): AsyncGenerator<string> {
  yield* urls;
}

describe.each(MODES)('the library, %s', (mode) => {
  test.each([
    ['an array', (urls: string[]) => urls],
    ['a set', (urls: string[]) => new Set(urls)],
    ['a generator', (urls: string[]) => urls.values()],
    ['an async generator', asyncly],
  ])('takes %s', async (_, iterable) => {
    const { origin } = await rawServer(response('hello'));
    const report = await fetchLengths(iterable([`${origin}/1`, `${origin}/2`, 'not a URL']), { mode });
    expect(report).toMatchObject({
      mode,
      concurrency: mode === 'sequential' ? 1 : 16,
      startedDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      results: [
        { index: 0, length: 5 },
        { index: 1, length: 5 },
        { index: 2, error: { code: 'bad-url' } },
      ],
      duration: expect.any(Number),
      totals: { urls: 3, ok: 2, httpErrors: 0, failed: 1, length: 10, encodedBodySize: 10 },
    });
    expect(report.duration).toBeGreaterThan(0);
  });

  test('gives rows as they come', async () => {
    const gate = await gateServer();
    const rows = streamLengths([`${gate.origin}/1`, `${gate.origin}/2`], { mode });
    const first = rows.next();
    await gate.arrived(1);
    gate.release('/1');
    expect((await first).value).toMatchObject({ index: 0, state: 'ok' });
    gate.open();
    expect((await rows.next()).value).toMatchObject({ index: 1, state: 'ok' });
    expect((await rows.next()).done).toBe(true);
  });

  test('left early, ends its requests', async () => {
    const held = await rawServer({ inTurn: [response('hello'), () => {}] });
    for await (const row of streamLengths(
      [1, 2, 3].map((i) => `${held.origin}/${i}`),
      { mode },
    )) {
      expect(row.state).toBe('ok');
      break;
    }
    await held.allClosed();
  });

  test('tells how long it took to the end of its list', async () => {
    const { origin } = await rawServer(response('hello'));
    let ended = 0;
    const slow = (async function* () {
      const started = performance.now();
      yield origin;
      while (performance.now() - started < 100) await new Promise((resolve) => setImmediate(resolve));
      ended = performance.now() - started;
    })();
    const { duration } = await fetchLengths(slow, { mode });
    expect(duration).toBeGreaterThanOrEqual(ended);
  });

  test('rejects with what its iterable throws', async () => {
    const { origin } = await rawServer(response('hello'));
    const broken = (async function* () {
      yield origin;
      throw new RangeError('no more');
    })();
    await expect(fetchLengths(broken, { mode })).rejects.toThrow(new RangeError('no more'));
  });
});

describe('the library', () => {
  test.each([
    ['a string', 'http://host/'],
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['an object', {}],
  ])('rejects %s as its URLs', async (_, urls) => {
    await expect(fetchLengths(urls as unknown as string[])).rejects.toThrow(OptionError);
    await expect(streamLengths(urls as unknown as string[]).next()).rejects.toThrow('`urls`: expected an iterable');
  });

  test('rejects wrong options before it takes a URL', async () => {
    const urls = { [Symbol.iterator]: vi.fn() };
    await expect(fetchLengths(urls as unknown as string[], { concurrency: 0 })).rejects.toThrow(
      '`concurrency`: expected an integer from 1 to 65536, got 0',
    );
    expect(urls[Symbol.iterator]).not.toHaveBeenCalled();
  });

  test('is quiet, and changes nothing of the process', async () => {
    const { origin } = await rawServer({ inTurn: [response('hello'), (socket) => socket.destroy()] });
    const written = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    const signals = ['SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection', 'exit'];
    const before = { listeners: signals.map((name) => process.listenerCount(name)), env: { ...process.env } };
    const { stackTraceLimit } = Error;
    await fetchLengths([origin, origin, 'not a URL', `http://${NOBODY}/`]);
    for (const spy of written) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
    expect(signals.map((name) => process.listenerCount(name))).toEqual(before.listeners);
    expect({ ...process.env }).toEqual(before.env);
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  test('rejects with whatever its iterable throws', async () => {
    const broken = (async function* (): AsyncGenerator<string> {
      yield 'not a URL';
      throw Object.create(null);
    })();
    await expect(fetchLengths(broken)).rejects.toThrow('[Object: null prototype] {}');
  });

  test('may run many times at once on one signal', async () => {
    const { origin } = await rawServer(response('hello'));
    const { signal } = new AbortController();
    const reports = await Promise.all(Array.from({ length: 30 }, () => fetchLengths([origin], { signal })));
    expect(reports.map(({ totals }) => totals.ok)).toEqual(Array(30).fill(1));
  });

  test('leaves no listener on a signal that is used again and again', async () => {
    const { origin } = await rawServer(response('hello'));
    const controller = new AbortController();
    const added = vi.spyOn(controller.signal, 'addEventListener');
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    for (let i = 0; i < 20; i++) await fetchLengths([origin], { signal: controller.signal });
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });
});
