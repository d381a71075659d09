import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { parseShard, partOf } from '../../src/shard.js';
import type { FetchResult } from '../../src/types.js';
import { run } from '../helpers/cli.js';
import { type RawServer, rawServer, response } from '../helpers/raw-server.js';
import { answered, failed } from '../helpers/rows.js';

/** Of the list. */
const URLS = 40;
const HOSTS = 12;

const RANK = { failed: 0, 'http-error': 1, ok: 2 };

let server: RawServer;
let folder: string;
let list: string;
let urls: string[];

beforeEach(async () => {
  // 127.0.0.0/8 is one machine, but the answer tells which host was asked.
  server = await rawServer((socket, request) => socket.write(response(`asked again: ${request.split('\r\n')[1]}`)));
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  list = join(folder, 'urls.txt');
  urls = Array.from({ length: URLS }, (_, i) => `http://host-${i % HOSTS}.example:${server.port}/${i}`);
  writeFileSync(list, urls.join('\n'));
});

/** What one machine left: some rows of its part, in any order, as often as its engine wrote it, and cut off anywhere. */
interface Remnant {
  readonly part: number;
  readonly parts: number;
  readonly states: readonly FetchResult['state'][];
  /** Of a second, so that no two rows of an index are equal. */
  readonly durations: readonly number[];
  readonly lost: readonly boolean[];
  readonly order: readonly number[];
  readonly times: number;
  /** How much of the last of them is there, of 1. */
  readonly whole: number;
}

const perUrl = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: URLS, maxLength: URLS });

const remnant: fc.Arbitrary<Remnant> = fc.record({
  part: fc.integer({ min: 1, max: 3 }),
  // With different numbers of parts they overlap.
  parts: fc.integer({ min: 3, max: 4 }),
  states: perUrl(fc.constantFrom('failed', 'http-error', 'ok')),
  durations: perUrl(fc.double({ min: 0, max: 1000, noNaN: true })),
  lost: perUrl(fc.integer({ min: 0, max: 9 }).map((number) => number === 0)),
  order: fc.shuffledSubarray(
    Array.from({ length: URLS }, (_, i) => i),
    { minLength: URLS },
  ),
  times: fc.constantFrom(0, 1, 1, 2),
  whole: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
});

function textOf({ part, parts, states, durations, lost, order, times, whole }: Remnant): string {
  const shard = parseShard(`${part}/${parts}`, 'host');
  const text = order
    .filter((index) => partOf({ index, url: urls[index] as string, flaw: null }, parts, 'host') === shard.part)
    .filter((index) => !lost[index])
    .map((index) => `${JSON.stringify(row(index, states[index] ?? 'ok', durations[index] ?? 0))}\n`)
    .join('');
  return text.repeat(Math.max(0, times - 1)) + (times === 0 ? '' : text.slice(0, Math.ceil(whole * text.length)));
}

function row(index: number, state: FetchResult['state'], duration: number): FetchResult {
  const [url, length] = [urls[index] as string, index];
  if (state === 'failed') return failed({ index, url, duration });
  return answered({ index, url, length, duration, state, status: state === 'ok' ? 200 : 404 });
}

/** The line to stay for each index: the best, the later of equals. */
function bestOf(text: string): Map<number, string> {
  const best = new Map<number, { readonly line: string; readonly rank: number }>();
  for (const line of text.split('\n')) {
    const { index, state } = parse(line) ?? {};
    if (index === undefined || state === undefined || state === 'failed') continue;
    const rank = RANK[state];
    if (rank >= (best.get(index)?.rank ?? 0)) best.set(index, { line, rank });
  }
  return new Map([...best].map(([index, { line }]) => [index, line]));
}

function parse(line: string): FetchResult | null {
  try {
    return JSON.parse(line) as FetchResult;
  } catch {
    return null;
  }
}

test('parts that are missing, doubled, torn and overlapping come to one right row for each URL', async () => {
  const all = join(folder, 'all.ndjson');
  const resolve = Array.from({ length: HOSTS }, (_, i) => `host-${i}.example:${server.port}:127.0.0.1`);
  const argv = ['-f', 'ndjson', '-q', '--resume', '-o', all, ...resolve.flatMap((to) => ['--resolve', to]), list];
  let kept = 0;
  const complete = async (remnants: readonly Remnant[]): Promise<void> => {
    const parts = remnants.map(textOf).join('');
    writeFileSync(all, parts);
    const best = bestOf(parts);
    kept += best.size;
    const before = server.requests.length;
    const { status } = await run(argv);
    const lines = readFileSync(all, 'utf8').split('\n');

    expect(lines.pop()).toBe('');
    expect(lines.map((line) => parse(line)?.index).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      urls.map((_, i) => i),
    );
    for (const line of lines) {
      const { index = -1, state, url, length } = parse(line) ?? {};
      const again = `asked again: host: ${new URL(urls[index] as string).host}`.length;
      // What an earlier run had stays byte for byte.
      if (best.has(index)) expect(line).toBe(best.get(index));
      else expect([state, url, length]).toEqual(['ok', urls[index], again]);
    }
    expect(server.requests.length - before).toBe(URLS - best.size);
    expect(status).toBe(lines.every((line) => parse(line)?.state === 'ok') ? 0 : 1);
  };
  await fc.assert(fc.asyncProperty(fc.array(remnant, { maxLength: 6 }), complete), { numRuns: 60 });
  // Else nothing was joined.
  expect(kept).toBeGreaterThan(URLS);
});
