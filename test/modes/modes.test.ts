import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Fetcher, Journey } from '../../src/fetch/fetcher.js';
import { fetchLengths, streamLengths } from '../../src/index.js';
import { Run } from '../../src/run.js';
import type { FetchResult, Options, Target } from '../../src/types.js';
import { gateServer } from '../helpers/gate-server.js';
import { answered } from '../helpers/rows.js';
import { MODES, settings } from '../helpers/settings.js';

const paths = (count: number) => Array.from({ length: count }, (_, i) => `/${i}`);

describe('on real sockets', () => {
  test.each([1, 2, 7, 64])(
    'concurrent has exactly %i in flight, and refills a free slot at once',
    async (concurrency) => {
      const gate = await gateServer();
      const count = 3 * concurrency;
      const report = fetchLengths(
        paths(count).map((path) => gate.origin + path),
        { concurrency },
      );
      for (let released = 0; released < count; released++) {
        // Every slot that can be in use is, before one is freed, and it is the next of the list that takes it.
        await gate.arrived(Math.min(concurrency, count - released));
        expect(gate.waiting).toBe(Math.min(concurrency, count - released));
        gate.release();
      }
      expect((await report).totals.ok).toBe(count);
      expect(gate.peak).toBe(concurrency);
    },
  );

  test('concurrent has all in flight where there are fewer than slots', async () => {
    const gate = await gateServer();
    const report = fetchLengths(
      paths(5).map((path) => gate.origin + path),
      { concurrency: 64 },
    );
    await gate.arrived(5);
    gate.open();
    expect((await report).totals.ok).toBe(5);
    expect(gate.peak).toBe(5);
  });

  test('sequential never has two', async () => {
    const gate = await gateServer();
    const report = fetchLengths(
      paths(10).map((path) => gate.origin + path),
      { mode: 'sequential' },
    );
    for (let released = 0; released < 10; released++) {
      await gate.arrived(1);
      gate.release();
    }
    expect((await report).totals.ok).toBe(10);
    expect(gate.peak).toBe(1);
    expect(gate.paths).toEqual(paths(10));
  });

  test('input order holds rows back until the earlier ones are there', async () => {
    const gate = await gateServer();
    const rows: string[] = [];
    const run = (async () => {
      for await (const { url } of streamLengths(paths(4).map((path) => gate.origin + path))) rows.push(url.slice(-2));
    })();
    await gate.arrived(4);
    for (const path of ['/3', '/2', '/1', '/0']) gate.release(path);
    await run;
    expect(rows).toEqual(['/0', '/1', '/2', '/3']);
  });

  test('completion order gives them as they come', async () => {
    const gate = await gateServer();
    const urls = paths(4).map((path) => gate.origin + path);
    const rows = streamLengths(urls, { order: 'completion' });
    const next = rows.next();
    await gate.arrived(4);
    const got: string[] = [];
    let pending = next;
    for (const path of ['/3', '/1', '/2', '/0']) {
      gate.release(path);
      got.push(((await pending).value as FetchResult).url.slice(-2));
      pending = rows.next();
    }
    expect(got).toEqual(['/3', '/1', '/2', '/0']);
    expect((await pending).done).toBe(true);
  });
});

/** A fetcher without a network: `fetch` as the test says. */
function fakeFetcher(fetch: (target: Target) => Promise<FetchResult>): () => Fetcher {
  const open = (target: Target): Journey => {
    const journey = {
      row: undefined as FetchResult | undefined,
      leg: async () => {
        journey.row = await fetch(target);
      },
      wait: () => {},
    };
    return journey;
  };
  return () => ({ opened: Promise.resolve(), inFlight: 0, open, withdraw: () => {}, abort: () => {}, close: () => {} });
}

function row({ index, url }: Target): FetchResult {
  return answered({ index, url, length: 1 });
}

async function* manyTargets(count: number, pulled: { count: number }): AsyncGenerator<Target[]> {
  for (let index = 0; index < count; index++) {
    pulled.count++;
    yield [{ index, url: `http://host/${index}`, flaw: null }];
  }
}

describe.each(MODES)('%s', (mode) => {
  const options: Options = mode === 'sequential' ? { mode } : { mode, concurrency: 50 };

  test('takes 100,000 targets at flat memory, and none before its turn', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const pulled = { count: 0 };
    let done = 0;
    let mostAhead = 0;
    const fetch = async (target: Target): Promise<FetchResult> => {
      mostAhead = Math.max(mostAhead, pulled.count - done);
      await turn();
      done++;
      return row(target);
    };
    const run = new Run(manyTargets(100_000, pulled), settings(options), { openFetcher: fakeFetcher(fetch) });
    let rows = 0;
    let early = 0;
    const heapUsed = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    for await (const batch of run.rows()) {
      rows += batch.length;
      if (early === 0 && rows >= 10_000) early = heapUsed();
    }
    expect(rows).toBe(100_000);
    expect(mostAhead).toBe(mode === 'sequential' ? 1 : 50);
    expect((heapUsed() - early) / 1e6).toBeLessThan(3);
  });

  test('starts nothing new while nobody takes the rows', async () => {
    const pulled = { count: 0 };
    const run = new Run(manyTargets(100_000, pulled), settings(options), {
      openFetcher: fakeFetcher(async (target) => row(target)),
    });
    const rows = run.rows();
    const taken = (await rows.next()).value?.length ?? 0;
    for (let turns = 0; turns < 5000; turns++) await turn();
    expect(pulled.count - taken).toBeGreaterThanOrEqual(1024);
    // Those that were in flight when the last place was taken, and the one that waits for room.
    expect(pulled.count - taken).toBeLessThanOrEqual(1024 + 51);
    await rows.return(undefined);
  });

  test('stopped, starts nothing more and gives the rows of what was in flight', async () => {
    const stop = new AbortController();
    const pulled = { count: 0 };
    let started = 0;
    const fetch = async (target: Target): Promise<FetchResult> => {
      started++;
      if (target.index === 100) stop.abort();
      await turn();
      return row(target);
    };
    const run = new Run(manyTargets(1000, pulled), settings(options), {
      stop: stop.signal,
      openFetcher: fakeFetcher(fetch),
    });
    const report = await run.report();
    expect(report.results.map(({ index }) => index)).toEqual(Array.from({ length: started }, (_, index) => index));
    expect(started).toBeLessThan(200);
    expect(pulled.count - started).toBeLessThanOrEqual(mode === 'sequential' ? 1 : 0);
  });

  test('stopped while its list keeps it waiting, ends all the same', async () => {
    const stop = new AbortController();
    const endless = (async function* (): AsyncGenerator<Target[]> {
      yield [{ index: 0, url: 'http://host/', flaw: null }];
      queueMicrotask(() => stop.abort());
      await new Promise(() => {});
    })();
    const run = new Run(endless, settings(options), {
      stop: stop.signal,
      openFetcher: fakeFetcher(async (target) => row(target)),
    });
    expect((await run.report()).totals.urls).toBe(1);
  });

  test('tells why its list broke off, after the rows before that', async () => {
    const broken = (async function* (): AsyncGenerator<Target[]> {
      yield [{ index: 0, url: 'http://host/', flaw: null }];
      throw new Error('no more');
    })();
    const run = new Run(broken, settings(options), { openFetcher: fakeFetcher(async (target) => row(target)) });
    let rows = 0;
    for await (const batch of run.rows()) rows += batch.length;
    expect(rows).toBe(1);
    expect(run.failure?.message).toBe('no more');
  });
});
