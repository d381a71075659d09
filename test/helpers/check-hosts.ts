import { Readable } from 'node:stream';
import { expect } from 'vitest';
import type { FetchResult } from '../../src/types.js';
import { run } from './cli.js';
import { COOKIE, hostServer, mix } from './host-server.js';

/** Another one makes other hosts. */
const SEED = Number(process.env['SEED'] ?? 1);

export interface HostsCase {
  readonly hosts: number;
  readonly size: number;
  readonly concurrency: number;
  readonly order: 'input' | 'completion';
  readonly tls: boolean;
  /** In milliseconds, of a URL: a busy machine must not need so long for an answer. */
  readonly timeout: number;
  /** One host in so many takes a whole timeout. */
  readonly slow: number;
}

export const HOSTS_TITLE = '$size URLs of $hosts hosts, $concurrency at once, in the order of $order, TLS: $tls';

/** Every row must be that of its own host, and every credential reach its own host alone. */
export async function checkHosts({ hosts, size, concurrency, order, tls, timeout, slow }: HostsCase): Promise<void> {
  const server = await hostServer({ seed: SEED, hosts, timeout, slow, tls });
  const urls = listOf(hosts, size).map((host, n) => server.url(host, n));
  const { stdout, stderr } = await run(
    ['-f', 'ndjson', '-q', '-k', '-H', `Cookie: ${COOKIE}`, '--retry', '1', '--timeout', `${timeout}ms`].concat(
      ['-c', String(concurrency)],
      ['--order', order],
    ),
    { stdin: Readable.from(chunks(urls.join('\n'))) },
  );
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as FetchResult);
  expect(stderr).toBe('');
  expect(server.wrong).toEqual([]);
  expect(rows.map((row) => server.wrongWith(row)).filter((wrong) => wrong !== null)).toEqual([]);
  const places = rows.map(({ index }) => index);
  expect(order === 'input' ? places : places.sort((a, b) => a - b)).toEqual(urls.map((_, n) => n));
  expect(rows.every(({ index, url }) => urls[index] === url)).toBe(true);
  // Or connections that are used again would not be looked at.
  if (size > hosts) expect(server.connections).toBeLessThan(server.requests);
  await server.allClosed();
}

/** A list of so many URLs of so many hosts, in no order. */
function listOf(hosts: number, size: number): number[] {
  const list = Array.from({ length: size }, (_, n) => n % hosts);
  for (let i = size - 1; i > 0; i--) {
    const other = mix(SEED + i) % (i + 1);
    [list[i], list[other]] = [list[other] as number, list[i] as number];
  }
  return list;
}

/** As a pipe would bring it. */
function* chunks(text: string): Generator<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536);
}
