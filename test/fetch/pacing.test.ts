import { execFile } from 'node:child_process';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Journey, openFetcher } from '../../src/fetch/fetcher.js';
import { fetchLengths, streamLengths } from '../../src/index.js';
import { MAX_OPEN, WINDOW } from '../../src/results.js';
import { Run } from '../../src/run.js';
import { urlTargets } from '../../src/targets.js';
import type { FetchResult, Options, Report } from '../../src/types.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { gateServer } from '../helpers/gate-server.js';
import { measureOwnTime } from '../helpers/own-time.js';
import { type RawServer, rawServer, response } from '../helpers/raw-server.js';
import { MODES, settings, WHOLE_LIST } from '../helpers/settings.js';

const ORDERS = ['input', 'completion'] as const;
const OK = response('hello');
const redirect = (url: string): Buffer => response('', [`Location: ${url}`], '302 Found');
const urlsOf = ({ origin }: { readonly origin: string }, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${origin}/${i}`);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

interface Given {
  readonly clock: FakeClock;
  readonly report: Promise<Report>;
  /** How many URLs are on their way, and do not wait. */
  readonly busy: () => number;
}

/** A run whose clock stands still; chance is always a half. */
function run(urls: readonly string[], options: Options, stop?: AbortSignal): Given {
  const clock = new FakeClock();
  let busy = 0;
  const counted = (journey: Journey): Journey => ({
    get row() {
      return journey.row;
    },
    leg: async () => {
      busy++;
      await journey.leg();
      busy--;
    },
    wait: (waiter) => journey.wait(waiter),
  });
  const started = new Run(urlTargets(urls, WHOLE_LIST), settings(options), {
    ...(stop !== undefined && { stop }),
    openFetcher: (given, _clock, sight, onDeath) => {
      const fetcher = openFetcher(given, clock, sight, onDeath, null, () => 0.5);
      return {
        opened: fetcher.opened,
        inFlight: 0,
        open: (target) => counted(fetcher.open(target)),
        withdraw: () => fetcher.withdraw(),
        abort: () => fetcher.abort(),
        close: () => fetcher.close(),
      };
    },
  });
  return { clock, report: started.report(), busy: () => busy };
}

/**
 * The same, whose clock goes on to its next alarm whenever all there is to do is wait: the network takes no time.
 *
 * @param late how late every alarm is
 */
async function runThrough(urls: readonly string[], options: Options, late = 0): Promise<readonly FetchResult[]> {
  const { clock, report, busy } = run(urls, options);
  let over = false;
  void report.finally(() => {
    over = true;
  });
  while (!over) {
    if (clock.due.length > 0 && busy() === 0) clock.ring(late);
    await turn();
  }
  expect(clock.due).toEqual([]);
  return inOrder((await report).results);
}

const inOrder = (rows: readonly FetchResult[]): FetchResult[] => rows.toSorted((a, b) => a.index - b.index);
const starts = (rows: readonly FetchResult[]): number[] => inOrder(rows).map(({ startTime }) => startTime);

/** Holds every request until it is told what to answer. */
async function heldServer(): Promise<
  RawServer & { answer(path: string, bytes: Buffer): void; has(path: string): boolean }
> {
  const sockets = new Map<string, Socket>();
  const server = await rawServer((socket, head) => sockets.set(head.split(' ')[1] as string, socket));
  return Object.assign(Object.create(server) as RawServer, {
    answer: (path: string, bytes: Buffer) => {
      sockets.get(path)?.write(bytes);
      sockets.delete(path);
    },
    has: (path: string) => sockets.has(path),
  });
}

describe.each(ORDERS)('perHost, in the order of %s', (order) => {
  test.each([1, 2, 7])('%i is exactly what is in flight to a host', async (perHost) => {
    const gate = await gateServer();
    const report = fetchLengths(urlsOf(gate, 20), { perHost, order });
    for (let left = 20; left > 0; left--) {
      await gate.arrived(Math.min(perHost, left));
      expect(gate.waiting).toBe(Math.min(perHost, left));
      gate.release();
    }
    expect((await report).totals.ok).toBe(20);
    expect(gate.peak).toBe(perHost);
    expect(gate.paths).toEqual(urlsOf({ origin: '' }, 20));
  });

  test.each([
    [8, 2, [2, 2, 2, 2]],
    [8, 3, [3, 3, 2, 0]],
    [16, 3, [3, 3, 3, 3]],
    [5, 8, [5, 0, 0, 0]],
  ])('of %i slots none is left free by %i a host, where the list is sorted', async (concurrency, perHost, expected) => {
    const gates = [await gateServer(), await gateServer(), await gateServer(), await gateServer()];
    const urls = gates.flatMap((gate, i) => urlsOf(gate, i === 0 ? 100 : 10));
    const report = fetchLengths(urls, { concurrency, perHost, order });
    await Promise.all(gates.map((gate, i) => gate.arrived(expected[i] as number)));
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(gates.map(({ waiting }) => waiting)).toEqual(expected);
    for (const gate of gates) gate.open();
    expect((await report).totals.ok).toBe(130);
    expect(Math.max(...gates.map(({ peak }) => peak))).toBe(Math.min(perHost, concurrency));
  });
});

describe.each(MODES)('%s', (mode) => {
  describe.each(ORDERS)('in the order of %s', (order) => {
    const options: Options = { mode, order };
    // One slot, so that what starts when does not depend on the network.
    const single: Options = mode === 'sequential' ? options : { ...options, concurrency: 1 };

    test('rate: requests start at its interval', async () => {
      const server = await rawServer(OK);
      const other = await rawServer(OK);
      const rows = await runThrough([...urlsOf(server, 3), ...urlsOf(other, 2)], { ...options, rate: '5/s' });
      expect(starts(rows).toSorted((a, b) => a - b)).toEqual([0, 200, 400, 600, 800]);
      expect(rows.every(({ state }) => state === 'ok')).toBe(true);
    });

    test('perHostRate: those to one host do, whatever others do', async () => {
      const server = await rawServer(OK);
      const other = await rawServer(OK);
      const rows = await runThrough([...urlsOf(server, 3), ...urlsOf(other, 2)], { ...options, perHostRate: '60/m' });
      expect(starts(rows)).toEqual(
        mode === 'sequential' ? [0, 1_000, 2_000, 2_000, 3_000] : [0, 1_000, 2_000, 0, 1_000],
      );
    });

    test('a redirect is one more, and goes before what has not started', async () => {
      const target = await rawServer(OK);
      const server: RawServer = await rawServer((socket, head) => {
        const path = head.split(' ')[1] as string;
        socket.write(redirect(path.length < 3 ? `${path}x` : `${target.origin}/`));
      });
      const rows = await runThrough(urlsOf(server, 3), { ...single, rate: '10/s' });
      expect(rows.map(({ startTime, duration, redirects }) => [startTime, duration, redirects])).toEqual([
        [0, 200, 2],
        [300, 200, 2],
        [600, 200, 2],
      ]);
    });

    test('a retry is one more, too', async () => {
      const server = await rawServer({ inTurn: [response('busy', [], '503 Later'), OK] });
      const rows = await runThrough(urlsOf(server, 2), { ...single, perHostRate: '1/s' });
      expect(rows.map(({ startTime, duration, attempts }) => [startTime, duration, attempts])).toEqual([
        [0, 1_000, 2],
        [2_000, 0, 1],
      ]);
    });

    test('with head each way to ask is one', async () => {
      const part = response('x', ['Content-Range: bytes 0-0/77'], '206 Partial Content');
      const server = await rawServer({ inTurn: [response('', [], '405 No'), part] });
      const rows = await runThrough(urlsOf(server, 1), { ...options, head: true, rate: '1/s', perHost: 1 });
      expect(rows).toMatchObject([{ state: 'ok', length: 77, startTime: 0, duration: 1_000 }]);
    });

    test('all limits at once', async () => {
      const server = await rawServer(OK);
      const other = await rawServer(OK);
      const rows = await runThrough([...urlsOf(server, 3), ...urlsOf(other, 2)], {
        ...options,
        perHost: 1,
        rate: '4/s',
        perHostRate: '1/s',
      });
      expect(starts(rows)).toEqual(
        mode === 'sequential' ? [0, 1_000, 2_000, 2_250, 3_250] : [0, 1_000, 2_000, 250, 1_250],
      );
    });

    test('two hosts that redirect to each other end', async () => {
      const first: RawServer = await rawServer((socket) => socket.write(redirect(`${second.origin}/`)));
      const second: RawServer = await rawServer((socket) => socket.write(redirect(`${first.origin}/`)));
      const urls = [...urlsOf(first, 4), ...urlsOf(second, 4)];
      const two = mode === 'sequential' ? options : { ...options, concurrency: 2 };
      const { results } = await fetchLengths(urls, { ...two, perHost: 1 });
      expect(results.map(({ error }) => error?.code)).toEqual(Array(8).fill('too-many-redirects'));
      expect(first.requests.length + second.requests.length).toBe(8 * 21);
    });

    test('many URLs that redirect at a rate are all done in their time', async () => {
      const server = await rawServer((socket, head) =>
        socket.write(head.startsWith('GET /0') || head.includes('x HTTP') ? OK : redirect(`${head.split(' ')[1]}x`)),
      );
      // At 500/s the last one starts after its timeout, if the time of the first one had run for so long.
      const { totals } = await fetchLengths(urlsOf(server, 400), { ...options, perHostRate: '500/s', timeout: 600 });
      expect(totals).toMatchObject({ urls: 400, ok: 400 });
    });

    test('aborted, what waits has its row only if it has started', async () => {
      const server: RawServer = await rawServer((socket) => socket.write(redirect(`${server.origin}/again`)));
      const controller = new AbortController();
      const { clock, report } = run(urlsOf(server, 4), {
        ...options,
        perHostRate: '1/h',
        signal: controller.signal,
      });
      await until(() => clock.due.length === 1 && server.requests.length === 1);
      for (let turns = 0; turns < 20; turns++) await turn();
      controller.abort();
      expect((await report).results).toMatchObject([
        { index: 0, state: 'failed', status: null, attempts: 1, error: { code: 'aborted' } },
      ]);
      expect(clock.due).toEqual([]);
    });

    test('stopped, what has started ends and the rest has no row', async () => {
      const server = await rawServer({ inTurn: [redirect('/again'), OK] });
      const stop = new AbortController();
      const { clock, report } = run(urlsOf(server, 4), { ...options, rate: '1/s' }, stop.signal);
      await until(() => clock.due.length === 1 && server.requests.length === 1);
      for (let turns = 0; turns < 20; turns++) await turn();
      stop.abort();
      await until(() => clock.due.length === 1);
      clock.ring();
      expect((await report).results).toMatchObject([{ index: 0, state: 'ok', redirects: 1, duration: 1_000 }]);
      expect(clock.due).toEqual([]);
    });

    test('what is in hand when the time is up while it waits is the row; without that it is a timeout', async () => {
      const busy = await rawServer(response('busy', [], '503 Later'));
      const moved = await rawServer(redirect('/again'));
      for (const [server, row] of [
        [busy, { state: 'http-error', status: 503, attempts: 1, redirects: 0 }],
        [moved, { state: 'failed', attempts: 1, redirects: 1, error: { code: 'timeout' } }],
      ] as const) {
        const { clock, report } = run(urlsOf(server, 1), { ...options, perHostRate: '1/h', timeout: 500 });
        await clock.set(1);
        if (server === busy) clock.ring();
        expect((await report).results).toMatchObject([row]);
        expect(clock.due).toEqual([]);
      }
    });
  });
});

test('a redirect counts for the host that it leads to, and no longer for the one that it left', async () => {
  const first = await heldServer();
  const second = await heldServer();
  const urls = [`${first.origin}/moved`, `${first.origin}/stays`, `${second.origin}/own`];
  const report = fetchLengths(urls, { perHost: 1, concurrency: 4 });
  await until(() => first.has('/moved') && second.has('/own'));
  expect(first.has('/stays')).toBe(false);
  first.answer('/moved', redirect(`${second.origin}/new`));
  await until(() => first.has('/stays'));
  expect(second.requests).toHaveLength(1);
  second.answer('/own', OK);
  await until(() => second.has('/new'));
  second.answer('/new', OK);
  first.answer('/stays', OK);
  expect((await report).totals.ok).toBe(3);
});

test('a URL that waits for its retry has left its place to the next', async () => {
  const server = await heldServer();
  const { clock, report } = run(urlsOf(server, 3), { perHost: 1 });
  await until(() => server.has('/0'));
  server.answer('/0', response('busy', [], '503 Later'));
  await until(() => server.has('/1'));
  expect(clock.due).toEqual([250]);
  clock.ring();
  for (let turns = 0; turns < 20; turns++) await turn();
  expect(server.has('/0')).toBe(false);
  server.answer('/1', OK);
  // It was here before the last one.
  await until(() => server.has('/0'));
  expect(server.has('/2')).toBe(false);
  server.answer('/0', OK);
  await until(() => server.has('/2'));
  server.answer('/2', OK);
  expect((await report).results.map(({ attempts }) => attempts)).toEqual([2, 1, 1]);
});

test.each(ORDERS)('a host that is held takes neither slots nor turns, in the order of %s', async (order) => {
  const busy = await rawServer({ inTurn: [response('busy', ['Retry-After: 5'], '503 Later'), OK] });
  const other = await rawServer(OK);
  const rows = await runThrough([...urlsOf(busy, 3), ...urlsOf(other, 3)], {
    order,
    concurrency: 1,
    perHost: 1,
    rate: '10/s',
  });
  const [first, second, third, ...rest] = rows;
  expect(first).toMatchObject({ state: 'ok', attempts: 2, startTime: 0 });
  expect(starts(rest)).toEqual([100, 200, 300]);
  // The three start again as soon as they may, the one whose time is running first of all.
  expect(first?.duration).toBe(5_000);
  expect([second?.startTime, third?.startTime]).toEqual([5_100, 5_200]);
});

test('who was called, but is done before there is a slot, passes its turn on', async () => {
  const [first, second, third, fourth] = [
    await heldServer(),
    await heldServer(),
    await heldServer(),
    await heldServer(),
  ];
  const urls = [`${first.origin}/moved`, `${second.origin}/x`, `${third.origin}/silent`, `${second.origin}/y`];
  const report = fetchLengths(urls, { concurrency: 2, perHost: 1, timeout: 1_000, retry: 0 });
  await until(() => first.has('/moved') && second.has('/x'));
  // Waits for a place at the second, and gives its slot to the third.
  first.answer('/moved', redirect(`${second.origin}/new`));
  await until(() => third.has('/silent'));
  // Frees its place at the second, but not its slot: now the first URL is called.
  second.answer('/x', redirect(`${fourth.origin}/x`));
  await until(() => fourth.has('/x'));
  await until(() => second.has('/y'));
  second.answer('/y', OK);
  expect((await report).results.map(({ error }) => error?.code)).toEqual(['timeout', 'timeout', 'timeout', undefined]);
  expect(second.requests).toHaveLength(2);
});

test('stopped, who was called without having started passes its turn on', async () => {
  const [first, second, third, fourth] = [
    await heldServer(),
    await heldServer(),
    await heldServer(),
    await heldServer(),
  ];
  const urls = [`${first.origin}/moved`, `${second.origin}/x`, `${second.origin}/y`, `${third.origin}/z`];
  const stop = new AbortController();
  const { report } = run(urls, { concurrency: 3, perHost: 1 }, stop.signal);
  await until(() => first.has('/moved') && second.has('/x') && third.has('/z'));
  second.answer('/x', redirect(`${fourth.origin}/x`));
  await until(() => fourth.has('/x'));
  stop.abort();
  first.answer('/moved', redirect(`${second.origin}/new`));
  await until(() => second.has('/new'));
  second.answer('/new', OK);
  third.answer('/z', OK);
  fourth.answer('/x', OK);
  expect((await report).results.map(({ index, state }) => [index, state])).toEqual([
    [0, 'ok'],
    [1, 'ok'],
    [3, 'ok'],
  ]);
});

test('at 1000/s no second has more, and it comes close, even if timers are late', async () => {
  const server = await rawServer(OK);
  const rows = await runThrough(urlsOf(server, 1_500), { rate: '1000/s', concurrency: 64 }, 8);
  const sorted = starts(rows).toSorted((a, b) => a - b);
  const spans = sorted.slice(1_000).map((time, i) => time - (sorted[i] as number));
  expect(Math.min(...spans)).toBeGreaterThanOrEqual(1_000);
  expect(sorted.at(-1)).toBeLessThan(1_530);
});

test.each([
  ['input', WINDOW],
  ['completion', MAX_OPEN],
] as const)(
  'a host that waits lets no more be taken from the list than may wait, in the order of %s',
  async (order, most) => {
    let taken = 0;
    let takenBefore = 0;
    const server = await rawServer((socket) => {
      takenBefore = taken;
      socket.write(OK);
    });
    const list = (function* () {
      for (; taken < 2 * MAX_OPEN; taken++) yield `${server.origin}/${taken}`;
    })();
    const controller = new AbortController();
    const report = fetchLengths(list, { order, perHostRate: '1/h', concurrency: 8, signal: controller.signal });
    let before = -1;
    for (let turns = 0; turns < 50; turns = taken === before ? turns + 1 : 0) {
      before = taken;
      await turn();
    }
    controller.abort();
    expect((await report).results).toMatchObject([{ index: 0, state: 'ok' }]);
    // The network has its turns meanwhile.
    expect(takenBefore).toBeLessThan(WINDOW / 2);
    expect(taken).toBeGreaterThan(most);
    expect(taken).toBeLessThan(most + 10);
  },
);

test('a run that is aborted ends at once, even if all that a host has held back waits for a slot', async () => {
  const held = 8;
  const controller = new AbortController();
  const server = await rawServer((socket) => {
    if (server.requests.length <= held) socket.write(response('', ['Retry-After: 2'], '503 Service Unavailable'));
    else if (server.requests.length === held + 1) woken();
  });
  let woken = (): void => {};
  const awake = new Promise<void>((resolve) => {
    woken = resolve;
  });
  const options: Options = { order: 'completion', concurrency: held, retry: 0, signal: controller.signal };
  const report = fetchLengths(urlsOf(server, MAX_OPEN), options);
  await awake;
  const ownTime = measureOwnTime();
  controller.abort();
  // To look for each of them in the queue took seconds.
  expect(ownTime()).toBeLessThan(1_000);
  expect((await report).results.length).toBeLessThan(3 * held);
});

test.each([
  ['aborted', `setTimeout(() => controller.abort(), 100); await fetchLengths(urls, options)`],
  ['left early', `for await (const row of streamLengths(urls, options)) break`],
])('in a program, a run that is %s while URLs wait keeps nothing alive', async (_, code) => {
  const server = await rawServer(OK);
  const library = new URL('../../dist/index.js', import.meta.url).href;
  const program = `
    import { fetchLengths, streamLengths } from ${JSON.stringify(library)};
    const controller = new AbortController();
    const urls = ${JSON.stringify(urlsOf(server, 5))};
    const options = { rate: '1/h', perHostRate: '1/h', perHost: 1, signal: controller.signal };
    ${code};
    console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout).toBe('0\n');
});

test('rows of a stream come while others wait for their turn', async () => {
  const server = await rawServer(OK);
  const rows = streamLengths(urlsOf(server, 3), { perHostRate: '1/h' });
  expect((await rows.next()).value).toMatchObject({ index: 0, state: 'ok' });
  await rows.return(undefined);
});
