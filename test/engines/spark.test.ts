import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith, run } from '../helpers/programs.js';
import { changed, found, joinParts, pathWithCommand, recipes } from './recipes.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';
import { compute, type Piped, type Piping, PYSPARK, PYSPARK_CHECKED, partitionBy, pipe, SCALA } from './spark.js';

const [BY_HOST, BY_SHARD] = recipes('Spark', 'python', 2);
const [IN_SCALA] = recipes('Spark', 'scala', 1);

let site: Site;
let folder: string;
let path: string;

beforeAll(async () => {
  site = await openSite();
  folder = await makeFolder();
  path = pathWithCommand(folder);
});
afterAll(async () => {
  site?.close();
  await removeFolder(folder);
});
beforeEach(() => site.reset());

/** What Python's `pipe` is given. It takes the command apart as a shell would: here there are no quotes. */
function pythons(code: string, without = ''): Piping {
  const { PATH: _, ...env } = JSON.parse(found(code, /env=(\{"PATH": .*?\})/)) as Record<string, string>;
  return {
    command: wordsOf(found(code, /\.pipe\("([^"'\\]*)"/), without),
    dialect: code.includes('checkCode=True') ? PYSPARK_CHECKED : PYSPARK,
    env: { ...env, PATH: path },
  };
}

const byHost = (without = ''): Piping => pythons(BY_HOST, without);

/** What Scala's is given, with a `PATH` that the executor has. */
function scalas(without = ''): Piping {
  const words = JSON.parse(`[${found(IN_SCALA, /\.pipe\(Seq\((.*?)\)/)}]`) as string[];
  return { command: wordsOf(words.join(' '), without), dialect: SCALA, env: { PATH: path } };
}

/** The words of a command, without one of its options if one is told, which must be there. */
function wordsOf(line: string, option: string): [string, ...string[]] {
  return changed(line, option === '' ? {} : { [` ${option}`]: '' }).split(' ') as [string, ...string[]];
}

const urlsOf = (hosts: number, perHost: number): string[] =>
  Array.from({ length: hosts * perHost }, (_, i) => `http://127.0.31.${1 + (i % hosts)}:${site.port}/${i}`);

const rows = ({ partitions }: Piped) =>
  rowsOf(partitions.flatMap((lines) => lines.map((line) => `${line}\n`)).join(''));

const hostOf = (url: string): string => new URL(url).hostname;

const LANGUAGES = [
  ['Scala', scalas],
  ['pyspark with checkCode', byHost],
] as const;

describe.each(LANGUAGES)('RDD.pipe of %s', (_, piping) => {
  test('gives one row for each URL, and none for partitions that are empty', async () => {
    const urls = urlsOf(4, 25);
    const partitions = partitionBy(urls, hostOf, 8);
    const empty = partitions.flatMap((elements, i) => (elements.length === 0 ? [i] : []));
    expect(empty.length).toBeGreaterThanOrEqual(4);
    const piped = await pipe(partitions, piping());
    expectOneRowEach(rows(piped), urls);
    for (const i of empty) expect(piped.partitions[i]).toEqual([]);
    expect([piped.log, piped.failures]).toEqual(['', []]);
    // All URLs of a host are in one partition, so that one process holds its limit.
    expect(Math.max(...site.peaks.values())).toBe(2);
  });
});

test('UTF-8 goes through with no locale at all, and what only some take for a line end', async () => {
  const urls = ['ü', '✓', '\u2028'].map((text, i) => `http://127.0.31.1:${site.port}/${i}#a${text}z`);
  const piped = await pipe([urls], byHost());
  expectOneRowEach(rows(piped), urls);
  expect(rows(piped).map(({ url }) => url)).toEqual(urls);
});

describe('a URL that fails', () => {
  const urls = ['no URL'];

  test.each(LANGUAGES)('fails the job of %s four times over without --exit-zero', async (_, piping) => {
    const attempts: number[] = [];
    const onStart: Piping['onStart'] = ({ attempt }) => attempts.push(attempt);
    await expect(pipe([urls], { ...piping('--exit-zero'), onStart })).rejects.toThrow(
      'Subprocess exited with status 1',
    );
    expect(attempts).toEqual([1, 2, 3, 4]);
  });

  test('is a row like any other with --exit-zero, and no word in the log', async () => {
    const piped = await pipe([urls], scalas());
    expect(rows(piped)).toMatchObject([{ url: 'no URL', error: { code: 'bad-url' } }]);
    expect(piped.log).toBe('');
  });

  test('leaves its summary in the log without --quiet', async () => {
    const { log } = await pipe([urls], scalas('-q'));
    expect(log).toMatch(/^fetch-lengths: 1 URL: 0 ok, .*\n$/);
  });
});

test("Scala's key is one for all URLs of a host, however they are written, and none is lost for lack of one", () => {
  // As Java has it, whose pattern has to match all of the text.
  const Host = new RegExp(`^${found(IN_SCALA, /"""\(\?is\)(.*?)"""/)}$`, 'is');
  const keyOf = (url: string): string => (Host.exec(url)?.[1] ?? '').toLowerCase();
  const tails = ['', '/', '/a|b', '/?q={x}', '/100%', ':8080/', '?query', '#hash', '/@x', '/a b', '/a\u2028b'];
  for (const tail of tails) expect([tail, keyOf(`http://h.example${tail}`)]).toEqual([tail, 'h.example']);
  for (const url of [' HTTPS://H.Example/', 'http://me:a@b@h.example/']) expect(keyOf(url)).toBe('h.example');
  expect(keyOf('no URL')).toBe('');
});

test('a wrong option fails the job, whatever --exit-zero says', async () => {
  const { command, ...piping } = scalas('2');
  await expect(pipe([urlsOf(1, 5)], { ...piping, command: [...command, 'two'] })).rejects.toThrow(
    'Subprocess exited with status 2',
  );
  expect(site.requests.size).toBe(0);
});

describe('a process that is killed in the middle', () => {
  const killedOnce = async (urls: readonly string[], piping: Piping): Promise<Piped> =>
    pipe(partitionBy(urls, hostOf, 1), {
      ...piping,
      onStart: ({ attempt, process }) => {
        if (attempt === 1) void site.asked(urls.length / 2).then(() => process.kill('SIGKILL'));
      },
    });

  test('is tried again, and what it had written counts for nothing', async () => {
    const urls = urlsOf(4, 100);
    const piped = await killedOnce(urls, scalas());
    expect(piped.failures).toEqual([[0, 128 + 9]]);
    expectOneRowEach(rows(piped), urls);
    // Nothing of the first try was kept: all were fetched by the second.
    const requests = [...site.requests.values()].reduce((sum, count) => sum + count);
    expect(requests).toBeGreaterThanOrEqual(urls.length * 1.5);
  });

  test('loses rows that nobody misses where pyspark has no checkCode', async () => {
    const urls = urlsOf(4, 100);
    const { partitions, failures } = await killedOnce(urls, { ...byHost(), dialect: PYSPARK });
    expect(failures).toEqual([]);
    expect(partitions[0]?.length).toBeLessThan(urls.length);
  });
});

test('a reader that is slow stops the writer, and neither waits for ever', async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} is no URL`);
  const { process, feed, lines: output } = compute(lines, scalas());
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

test('a shard a partition has places in the whole list, so that --resume joins them', async () => {
  const urls = urlsOf(8, 25);
  const list = join(folder, 'urls.txt');
  await writeFile(list, urls.join('\n'));
  const byShard = pythons(changed(BY_SHARD, { '/shared/urls.txt': list }));
  const piped = await pipe([['1/3'], ['2/3'], ['3/3'], []], byShard);
  expectOneRowEach(rows(piped), urls);
  expect(rows(piped).every(({ index, url }) => urls[index] === url)).toBe(true);
  expect(Math.max(...site.peaks.values())).toBe(2);
  expect([piped.log, piped.failures]).toEqual(['', []]);

  site.reset();
  for (const [i, lines] of piped.partitions.entries()) {
    await writeFile(join(folder, `part-${i}.ndjson`), lines.map((row) => `${row}\n`).join(''));
  }
  expectOneRowEach(await joinParts(folder, path), urls);
  expect(site.requests.size).toBe(0);
});

describeWith(['python3'], "Python's key", () => {
  test('is the host, however it is written, and nothing where there is none', async () => {
    const keysOf = async (urls: readonly string[]): Promise<string[]> => {
      const code = `import json, sys\n${found(BY_HOST, /^(.*)^\(sc\./ms)}\nprint(json.dumps([*map(host, sys.argv[1:])]))`;
      return JSON.parse(await run('/usr/bin/python3', ['-c', code, ...urls])) as string[];
    };
    const one = ['http://a.test/', 'HTTP://A.TEST:80/b?c#d', ' https://u:p@a.test:8443\r', 'http://u@A.test?x=://y/'];
    expect(await keysOf(one)).toEqual(one.map(() => 'a.test'));
    const six = ['http://[::1]/', 'http://u@[::1]:8080/a'];
    expect(await keysOf(six)).toEqual(six.map(() => '::1'));
    const none = ['no URL', '', '# a comment', 'http://[::1/', 'http://a]/', 'mailto:a@b.test'];
    expect(await keysOf(none)).toEqual(none.map(() => ''));
  });
});
