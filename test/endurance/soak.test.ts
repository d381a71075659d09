import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULTS } from '../../src/defaults.js';
import { streamLengths } from '../../src/index.js';
import type { FetchResult, Options } from '../../src/types.js';

const CONCURRENCY = 64;

const RETRIES = DEFAULTS.retry;

/** Nobody listens there; one of the ports for clients could happen to be connected to itself. */
const REFUSED_PORT = 1;

/** URLs of each kind: 200,400 in all. */
const EACH = 16_700;
const WARM_UP = 500;

/** What the heap may have grown by, in bytes: 10 for a URL, less than anything that is kept of it. */
const MAX_GROWTH = 2_000_000;

/** In each of the two runs as many in use and as many idle, and some that are being closed. */
const MAX_CONNECTIONS = 5 * CONCURRENCY;

/** How long what is being closed may take; an idle connection that is forgotten takes 4 seconds. */
const SETTLING = { timeout: 2_000 };

/** The row of each kind: state, status, length and error code, then the attempts and the redirects. */
const OUTCOMES: Readonly<Record<string, string>> = {
  ok: 'ok 200 5 -, 1, 0',
  missing: 'http-error 404 4 -, 1, 0',
  busy: 'ok 200 5 -, 2, 0',
  reset: `failed - - reset, ${1 + RETRIES}, 0`,
  truncated: `failed 200 - truncated, ${1 + RETRIES}, 0`,
  refused: `failed - - connect, ${1 + RETRIES}, 0`,
  nonsense: 'failed - - protocol, 1, 0',
  broken: 'failed 200 - decode, 1, 0',
  moved: 'ok 200 5 -, 1, 1',
  loop: 'failed 302 - too-many-redirects, 1, 3',
  silent: 'failed - - timeout, 1, 0',
  bad: 'failed - - bad-url, 0, 0',
};

const KINDS = Object.keys(OUTCOMES);

let server: ChildProcess;
let ports: Readonly<Record<string, number>>;

beforeAll(async () => {
  server = fork(new URL('soak-server.mjs', import.meta.url));
  const [listening] = (await once(server, 'message')) as [typeof ports];
  ports = { ...listening, refused: REFUSED_PORT };
});

afterAll(() => {
  server.disconnect();
});

test(`${EACH * KINDS.length} URLs of every kind leave nothing behind`, async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heapUsed = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };

  await soak('warm-up', WARM_UP);
  await expect.poll(async () => (await connections()).open, SETTLING).toBe(0);
  const before = { sockets: openSockets(), timers: activeTimers(), heap: heapUsed() };

  const started = performance.now();
  const counts = await soak('soak', EACH);
  const seconds = (performance.now() - started) / 1000;

  expect(counts).toEqual(Object.fromEntries(KINDS.map((kind) => [`${kind}: ${OUTCOMES[kind]}`, EACH])));
  await expect.poll(async () => (await connections()).open, SETTLING).toBe(0);
  await expect.poll(openSockets, SETTLING).toBe(before.sockets);
  await expect.poll(activeTimers, SETTLING).toBe(before.timers);
  const growth = heapUsed() - before.heap;
  const peak = process.resourceUsage().maxRSS * 1024;
  const most = (await connections()).peak;
  console.log(
    `${EACH * KINDS.length} URLs, ${RETRIES} retries: ${seconds.toFixed(1)} s,`,
    `${Math.round((EACH * KINDS.length) / seconds)} URLs/s, heap ${megabytes(growth)} larger,`,
    `peak RSS ${megabytes(peak)}, ${most} connections at most, ${before.sockets} sockets and ${before.timers} timers before and after`,
  );
  expect(growth).toBeLessThan(MAX_GROWTH);
  expect(most).toBeLessThanOrEqual(MAX_CONNECTIONS);
});

/** Fetches so many of each kind; those that wait for their timeout in a run of their own, at the same time. */
async function soak(name: string, each: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const quick = KINDS.filter((kind) => kind !== 'silent');
  await Promise.all([
    count(urls(name, quick, each), quick, counts, { concurrency: CONCURRENCY, maxRedirects: 3 }),
    count(urls(name, ['silent'], each), ['silent'], counts, { concurrency: CONCURRENCY, timeout: 200 }),
  ]);
  return counts;
}

async function count(
  list: Iterable<string>,
  kinds: readonly string[],
  counts: Record<string, number>,
  options: Options,
): Promise<void> {
  let rows = 0;
  for await (const row of streamLengths(list, options)) {
    if (row.index !== rows++) throw new Error(`row ${row.index} where ${rows - 1} should be`);
    const outcome = `${kinds[row.index % kinds.length]}: ${outcomeOf(row)}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
}

function* urls(name: string, kinds: readonly string[], each: number): Generator<string> {
  for (let i = 0; i < each; i++) {
    for (const kind of kinds) yield kind === 'bad' ? `no URL ${i}` : `http://127.0.0.1:${ports[kind]}/${name}/${i}`;
  }
}

function outcomeOf({ state, status, length, error, attempts, redirects }: FetchResult): string {
  return `${state} ${status ?? '-'} ${length ?? '-'} ${error?.code ?? '-'}, ${attempts}, ${redirects}`;
}

/** How many connections the servers have, and had at most. */
async function connections(): Promise<{ readonly open: number; readonly peak: number }> {
  server.send('connections');
  const [told] = (await once(server, 'message')) as [{ open: number; peak: number }];
  return told;
}

/** Sockets of this process, in whatever state. */
function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      // The descriptor of the listing itself.
      return false;
    }
  }).length;
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
