import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BIN } from '../helpers/cli.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';
import { compute, type Dialect, type Piped, PYSPARK, PYSPARK_CHECKED, partitionBy, pipe, SCALA } from './spark.js';

/** By absolute paths: pyspark gives no PATH to find them in. */
const command = (...options: string[]): [string, ...string[]] => [process.execPath, BIN, '-f', 'ndjson', ...options];

/** A status other than 0 would fail the task, and standard error is the executor's log. */
const PIPED = command('-q', '--exit-zero');

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site?.close());
beforeEach(() => site.reset());

const urlsOf = (hosts: number, perHost: number): string[] =>
  Array.from({ length: hosts * perHost }, (_, i) => `http://127.0.31.${1 + (i % hosts)}:${site.port}/${i}`);

const rows = ({ partitions }: Piped) =>
  rowsOf(partitions.flatMap((lines) => lines.map((line) => `${line}\n`)).join(''));

const hostOf = (url: string): string => new URL(url).hostname;

describe.each([
  ['Scala', SCALA],
  ['pyspark with checkCode', PYSPARK_CHECKED],
])('RDD.pipe of %s', (_, dialect) => {
  test('gives one row for each URL, and none for partitions that are empty', async () => {
    const urls = urlsOf(4, 25);
    const partitions = partitionBy(urls, hostOf, 8);
    const empty = partitions.flatMap((elements, i) => (elements.length === 0 ? [i] : []));
    expect(empty.length).toBeGreaterThanOrEqual(4);
    const piped = await pipe(partitions, { command: [...PIPED, '--per-host', '2'], dialect });
    expectOneRowEach(rows(piped), urls);
    for (const i of empty) expect(piped.partitions[i]).toEqual([]);
    expect([piped.log, piped.failures]).toEqual(['', []]);
    // All URLs of a host are in one partition, so that one process holds its limit.
    expect(Math.max(...site.peaks.values())).toBe(2);
  });
});

test('UTF-8 goes through with no locale at all, and what only some take for a line end', async () => {
  const urls = ['ü', '✓', '\u2028'].map((text, i) => `http://127.0.31.1:${site.port}/${i}#a${text}z`);
  const piped = await pipe([urls], { command: PIPED, dialect: PYSPARK_CHECKED });
  expectOneRowEach(rows(piped), urls);
  expect(rows(piped).map(({ url }) => url)).toEqual(urls);
});

describe('a URL that fails', () => {
  const urls = ['no URL'];

  test.each([
    ['Scala', SCALA],
    ['pyspark with checkCode', PYSPARK_CHECKED],
  ])('fails the job of %s four times over', async (_, dialect) => {
    const attempts: number[] = [];
    const piping = {
      command: command('-q'),
      dialect,
      onStart: ({ attempt }: { attempt: number }) => attempts.push(attempt),
    };
    await expect(pipe([urls], piping)).rejects.toThrow('Subprocess exited with status 1');
    expect(attempts).toEqual([1, 2, 3, 4]);
  });

  test('is a row like any other with --exit-zero, and no word in the log', async () => {
    const piped = await pipe([urls], { command: PIPED, dialect: SCALA });
    expect(rows(piped)).toMatchObject([{ url: 'no URL', error: { code: 'bad-url' } }]);
    expect(piped.log).toBe('');
  });

  test('leaves its summary in the log without --quiet', async () => {
    const { log } = await pipe([urls], { command: command('--exit-zero'), dialect: SCALA });
    expect(log).toMatch(/^fetch-lengths: 1 URL: 0 ok, .*\n$/);
  });
});

test('a wrong option fails the job, whatever --exit-zero says', async () => {
  const piping = { command: command('--exit-zero', '--per-host', 'two'), dialect: SCALA };
  await expect(pipe([urlsOf(1, 5)], piping)).rejects.toThrow('Subprocess exited with status 2');
  expect(site.requests.size).toBe(0);
});

describe('a process that is killed in the middle', () => {
  const killedOnce = async (urls: readonly string[], dialect: Dialect): Promise<Piped> =>
    pipe(partitionBy(urls, hostOf, 1), {
      command: PIPED,
      dialect,
      onStart: ({ attempt, process }) => {
        if (attempt === 1) void site.asked(urls.length / 2).then(() => process.kill('SIGKILL'));
      },
    });

  test('is tried again, and what it had written counts for nothing', async () => {
    const urls = urlsOf(4, 100);
    const piped = await killedOnce(urls, SCALA);
    expect(piped.failures).toEqual([[0, 128 + 9]]);
    expectOneRowEach(rows(piped), urls);
    // Nothing of the first try was kept: all were fetched by the second.
    const requests = [...site.requests.values()].reduce((sum, count) => sum + count);
    expect(requests).toBeGreaterThanOrEqual(urls.length * 1.5);
  });

  test('loses rows that nobody misses where pyspark has no checkCode', async () => {
    const urls = urlsOf(4, 100);
    const { partitions, failures } = await killedOnce(urls, PYSPARK);
    expect(failures).toEqual([]);
    expect(partitions[0]?.length).toBeLessThan(urls.length);
  });
});

test('a reader that is slow stops the writer, and neither waits for ever', async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} is no URL`);
  const { process, feed, lines: output } = compute(lines, { command: PIPED, dialect: SCALA });
  const told: string[] = [];
  let lead = 0;
  for await (const line of output) {
    // Nothing is read before the writer has to wait: so both pipes are full again and again.
    if (told.length % 100 === 0) await feed.full();
    lead = Math.max(lead, feed.written - told.length);
    told.push(line);
  }
  expect(await process.status).toBe(0);
  expect(rowsOf(`${told.join('\n')}\n`).map(({ url }) => url)).toEqual(lines);
  // What is read ahead has a bound, however long the list is.
  expect(lead).toBeLessThan(lines.length / 2);
});
