import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FetchResult } from '../../src/types.js';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { run, type Surroundings } from '../helpers/programs.js';
import { hadoopStreaming, type JobOutcome, jobOf } from './hadoop.js';
import { changed, found, joinParts, pathWithCommand, recipes, section } from './recipes.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';

/** The host before each line that has one, in the first: what has none gets an empty key, so that it is not lost. */
const [BY_HOST, BY_SHARD] = recipes('Hadoop Streaming', 'sh', 2);

/** Of a job that has no reducer. */
const MAPPER = found(section('Hadoop Streaming'), /`-mapper '([^']*)'`\s+with\s+no\s+reducer/);

let site: Site;
let folder: string;
let path: string;
let surroundings: Surroundings;

beforeAll(async () => {
  site = await openSite();
  folder = await makeFolder();
  path = pathWithCommand(folder);
  surroundings = { cwd: folder, env: { PATH: path } };
});
afterAll(async () => {
  site?.close();
  await removeFolder(folder);
});
beforeEach(() => site.reset());

const urlsOf = (hosts: number, perHost: number): string[] =>
  Array.from({ length: hosts * perHost }, (_, i) => `http://127.0.32.${1 + (i % hosts)}:${site.port}/${i}`);

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

const rows = ({ parts }: JobOutcome): FetchResult[] => rowsOf(parts.join(''));

describe('a map-only job', () => {
  test('has one row for each URL, and nothing of a split that is empty', async () => {
    const urls = urlsOf(10, 10);
    const outcome = await hadoopStreaming({
      splits: [textOf(urls.slice(0, 50)), '', `# a comment\r\n\r\n${urls.slice(50).join('\r\n')}`],
      mapper: MAPPER,
      surroundings,
    });
    expectOneRowEach(rows(outcome), urls);
    expect([outcome.parts[1], outcome.log, outcome.failedAttempts]).toEqual(['', '', 0]);
  });

  test('keeps a row whole, for it has no tab of its own', async () => {
    const urls = [`http://127.0.32.1:${site.port}/1\tand more`, `http://127.0.32.1:${site.port}/2#\u2028ü`];
    const job = { splits: [textOf(urls)], mapper: MAPPER, surroundings };
    const { parts } = await hadoopStreaming(job);
    const [first, second] = rowsOf(parts.join(''));
    expect(first).toMatchObject({ url: urls[0], error: { code: 'bad-url' } });
    expect(second).toMatchObject({ url: urls[1], state: 'ok', length: 2 });
    // The line is a key, whose value is empty: the separator is written all the same.
    expect(parts[0]).toMatch(/^\{[^\n]*\}\t\n\{[^\n]*\}\t\n$/);
    const bare = await hadoopStreaming({ ...job, properties: { 'mapreduce.output.textoutputformat.separator': '' } });
    expect(bare.parts[0]).toMatch(/^\{[^\n]*\}\n\{[^\n]*\}\n$/);
    expect(bare.parts[0]).not.toContain('\t');
  });

  test('writes what --from renders, as it is', async () => {
    const urls = urlsOf(2, 5);
    const splits = [textOf(urls.slice(0, 4)), textOf(urls.slice(4))];
    const { parts } = await hadoopStreaming({ splits, mapper: MAPPER, surroundings });
    const all = join(folder, 'parts.ndjson');
    await writeFile(all, parts.join(''));
    const csv = await run('fetch-lengths', ['--from', all, '-f', 'csv'], surroundings);
    expect(csv.trimEnd().split('\r\n')).toHaveLength(1 + urls.length);
  });
});

describe('a job that reduces by host', () => {
  test('has all URLs of a host in one task, which holds its limit', async () => {
    const ways = ['localhost', 'LOCALHOST', 'LocalHost'].flatMap((host) =>
      Array.from({ length: 20 }, (_, i) => `http://${host}:${site.port}/${i}`),
    );
    const urls = [...urlsOf(6, 20), ...ways];
    const odd = ['no URL', '\t', '# a comment', '', `HTTP://127.0.32.1:${site.port}/7\tand more`];
    const outcome = await hadoopStreaming({
      ...(await jobOf(changed(BY_HOST, { 'reduces=2000': 'reduces=5' }))),
      splits: [textOf([...urls.slice(0, 40), ...odd]), textOf(urls.slice(40)), ''],
      surroundings,
    });
    const all = rows(outcome);
    expectOneRowEach(
      all.filter(({ error }) => error?.code !== 'bad-url'),
      urls,
    );
    const bad = all.flatMap(({ url, error }) => (error?.code === 'bad-url' ? [url] : []));
    expect(bad.toSorted()).toEqual([odd[4], 'no URL']);
    expect(Math.max(...site.peaks.values())).toBe(2);
    expect([outcome.log, outcome.failedAttempts]).toEqual(['', 0]);
  });
});

describe('NLineInputFormat', () => {
  test('puts an offset before each line unless it is told not to', async () => {
    const urls = urlsOf(2, 3);
    const job = {
      splits: [textOf(urls)],
      mapper: MAPPER,
      surroundings,
      inputFormat: 'NLineInputFormat',
    } as const;
    for (const { url, error } of rows(await hadoopStreaming(job))) {
      expect([url, error?.code]).toEqual([expect.stringMatching(/^\d+\thttp:/), 'bad-url']);
    }
    const [name = '', value = ''] = found(section('Hadoop Streaming'), /`-D (stream\S*)`/).split('=');
    const outcome = await hadoopStreaming({ ...job, properties: { [name]: value } });
    expectOneRowEach(rows(outcome), urls);
  });

  test('with a part a line has places in the whole list, so that --resume joins them', async () => {
    const urls = urlsOf(8, 10);
    await writeFile(join(folder, 'urls.txt'), textOf(urls));
    const shards = ['1/3', '2/3', '3/3'];
    const splits = shards.map((shard) => `${shard}\n`);
    const outcome = await hadoopStreaming({ ...(await jobOf(BY_SHARD)), splits, surroundings });
    expectOneRowEach(rows(outcome), urls);
    expect(Math.max(...site.peaks.values())).toBe(2);
    site.reset();
    for (const [i, part] of outcome.parts.entries()) await writeFile(join(folder, `part-${i}.ndjson`), part);
    expectOneRowEach(await joinParts(folder, path), urls);
    expect(site.requests.size).toBe(0);
  });
});

describe('a task that fails', () => {
  test('by the status of a URL that failed is tried four times, and so its job fails', async () => {
    const attempts: number[] = [];
    const job = {
      splits: ['no URL\n'],
      mapper: changed(MAPPER, { ' --exit-zero': '' }),
      surroundings,
      onStart: (attempt: number) => attempts.push(attempt),
    };
    await expect(hadoopStreaming(job)).rejects.toThrow('subprocess failed with code 1');
    expect(attempts).toEqual([1, 2, 3, 4]);
    const lenient = await hadoopStreaming({ ...job, properties: { 'stream.non.zero.exit.is.failure': 'false' } });
    expect(rows(lenient)).toMatchObject([{ url: 'no URL', state: 'failed' }]);
  });

  test('by a kill is tried again, and what it had written is dropped', async () => {
    const urls = urlsOf(4, 100);
    const outcome = await hadoopStreaming({
      splits: [textOf(urls)],
      mapper: MAPPER,
      surroundings,
      onStart: (attempt, process) => {
        if (attempt === 1) void site.asked(urls.length / 2).then(() => process.kill('SIGKILL'));
      },
    });
    expect(outcome.failedAttempts).toBe(1);
    expectOneRowEach(rows(outcome), urls);
  });
});

test('nothing on standard error is taken for a word to the job, whatever the list has', async () => {
  const word = 'reporter:counter:a,b,1';
  const split = textOf([word, `http://127.0.32.1:${site.port}/?${word}`]);
  for (const options of ['', ' -v']) {
    const mapper = changed(MAPPER, { ' -q': options });
    const { log, counters } = await hadoopStreaming({ splits: [split], mapper, surroundings });
    expect(log).toContain('2 URLs: 1 ok');
    expect(counters.size).toBe(0);
  }
});
