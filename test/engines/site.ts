import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { FetchResult } from '../../src/types.js';

/** Until a page is answered, in milliseconds: so long is it in flight. */
const ANSWER_TIME = 5;

/** The pages of many hosts, all served by this process: `http://<address>:<port>/<length>`. */
export interface Site {
  readonly port: number;
  /** How often each URL was asked for so far. */
  readonly requests: ReadonlyMap<string, number>;
  /** The most that were in flight at once to each host (`host:port`) so far. */
  readonly peaks: ReadonlyMap<string, number>;
  /** Resolves once so many requests have come since the last `reset`. */
  asked(count: number): Promise<void>;
  /** Counts from 0 again. */
  reset(): void;
  close(): void;
}

/** Starts it at one address or, with `0.0.0.0`, at all that this machine has: 127.0.0.0/8 has room for many hosts. */
export async function openSite(address = '0.0.0.0'): Promise<Site> {
  const requests = new Map<string, number>();
  const peaks = new Map<string, number>();
  const inFlight = new Map<string, number>();
  let count = 0;
  let awaited: { readonly count: number; readonly resolve: () => void } | null = null;
  const add = (map: Map<string, number>, key: string, number: number): number => {
    const sum = (map.get(key) ?? 0) + number;
    map.set(key, sum);
    return sum;
  };

  const server = createServer((request, response) => {
    const { host = '' } = request.headers;
    const path = request.url ?? '';
    add(requests, `http://${host}${path}`, 1);
    peaks.set(host, Math.max(peaks.get(host) ?? 0, add(inFlight, host, 1)));
    response.once('close', () => add(inFlight, host, -1));
    setTimeout(() => response.end('x'.repeat(Number(path.slice(1)))), ANSWER_TIME);
    count++;
    if (awaited !== null && count >= awaited.count) awaited.resolve();
  });
  server.listen(0, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    peaks,
    asked: (number) =>
      new Promise((resolve) => {
        awaited = { count: number, resolve };
        if (count >= number) resolve();
      }),
    reset: () => {
      count = 0;
      awaited = null;
      requests.clear();
      peaks.clear();
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The rows of `ndjson` text. Fails where a line is not a whole one. */
export function rowsOf(text: string): FetchResult[] {
  if (text === '') return [];
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as FetchResult);
}

/** Fails if the rows are not one right one for each of the URLs, in any order. */
export function expectOneRowEach(rows: readonly FetchResult[], urls: readonly string[]): void {
  const told = rows.map(({ url, state, length }) => `${url} ${state} ${length}`);
  const right = urls.map((url) => `${url} ok ${new URL(url).pathname.slice(1)}`);
  expect(told.toSorted()).toEqual(right.toSorted());
}
