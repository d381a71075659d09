import { expect, test } from 'vitest';
import { streamLengths } from '../../src/index.js';
import type { FetchResult, Options } from '../../src/types.js';
import { type Case, makeCase } from './corpus.js';
import { type Expectation, expectationOf } from './expectation.js';
import { serveReplies } from './reply-server.js';

const SEED = Number(process.env['SEED'] ?? 9112);

/** Long enough for an answer on a busy machine: only what waits for nothing comes to it. */
const TIMEOUT = 6_000;

const MAX_REDIRECTS = 3;

/** What may be told of a reply that is no whole answer. */
const CODES = ['reset', 'truncated', 'protocol', 'decode', 'bad-redirect', 'too-many-redirects'];

/** As many of the failures are told in full. */
const MAX_TOLD = 20;

interface Suite {
  readonly name: string;
  /** Runs at once, each with its share of the replies. */
  readonly runs: number;
  readonly replies: number;
  readonly options: Options;
}

const SUITES: readonly Suite[] = [
  { name: 'concurrent', runs: 1, replies: 10_000, options: { concurrency: 32 } },
  {
    name: 'concurrent, in the order of completion',
    runs: 1,
    replies: 5_000,
    options: { concurrency: 64, order: 'completion', compressed: true },
  },
  { name: 'sequential', runs: 16, replies: 5_000, options: { mode: 'sequential' } },
];

test.each(SUITES)('$replies replies to $runs $name', async ({ runs, replies, options }) => {
  const seed = SEED * SUITES.length + SUITES.findIndex((suite) => suite.options === options);
  const cases = Array.from({ length: replies }, (_, i) => makeCase(seed, i, replies));
  const origin = await serveReplies((path) => caseAt(cases, path));
  const failures: string[] = [];
  const counts: Record<string, number> = {};
  let told = 0;

  const fetchShare = async (run: number): Promise<void> => {
    const share = cases.map((_, i) => i).filter((i) => i % runs === run);
    const rows: FetchResult[] = [];
    const urls = share.map((i) => `${origin}/${i}`);
    for await (const row of streamLengths(urls, {
      retry: 0,
      timeout: TIMEOUT,
      maxRedirects: MAX_REDIRECTS,
      ...options,
    })) {
      rows.push(row);
    }
    // Exactly one row for each URL.
    expect(rows.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(share.map((_, place) => place));
    for (const row of rows) {
      const index = share[row.index] as number;
      expect(row.url).toBe(`${origin}/${index}`);
      const outcome = row.error?.code ?? row.state;
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      const flaw = flawOf(
        row,
        expectationOf((path) => caseAt(cases, path), `/${index}`, MAX_REDIRECTS),
      );
      if (flaw !== null && ++told <= MAX_TOLD) failures.push(tell(seed, index, flaw, row, cases[index] as Case));
    }
  };
  await Promise.all(Array.from({ length: runs }, (_, run) => fetchShare(run)));
  console.log(`seed ${seed}:`, JSON.stringify(counts));
  expect(failures, `SEED=${SEED}: ${told} of ${replies} rows are wrong`).toEqual([]);
});

function caseAt(cases: readonly Case[], path: string): Case | null {
  const index = /^\/(\d+)$/.exec(path)?.[1];
  return index === undefined ? null : (cases[Number(index)] ?? null);
}

/** What is wrong with a row; `null` if nothing is. */
function flawOf(row: FetchResult, { answer, demanded, mayWait }: Expectation): string | null {
  if (row.state === 'failed') {
    const { code } = row.error;
    if (demanded) return `${code}, though it is whole`;
    if (code === 'timeout') return mayWait ? null : 'waited though the connection was ended';
    return CODES.includes(code) ? null : `${code}, which it cannot be`;
  }
  if (answer === null) return 'answered, though there is no whole answer';
  const { status, size, encodedSize, redirects } = answer;
  if (row.state !== (status < 400 ? 'ok' : 'http-error')) return `${row.state} with ${status}`;
  const told = [row.status, row.length, row.decodedBodySize, row.encodedBodySize, row.redirects, row.attempts];
  const read = [status, size, size, encodedSize, redirects, 1];
  return told.every((value, i) => value === read[i]) ? null : `${told.join()}, but it is ${read.join()}`;
}

function tell(
  seed: number,
  index: number,
  flaw: string,
  row: FetchResult,
  { name, bytes, parts, ending }: Case,
): string {
  const cuts = parts.map(({ length }) => length).join('+');
  const said = row.error === null ? `${row.state} ${row.status} ${row.length}` : row.error.message;
  return `seed ${seed}, ${index} (${name}; ${cuts}, then ${ending}): ${flaw} (${said}): ${JSON.stringify(bytes.toString('latin1'))}`;
}
