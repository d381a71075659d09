import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FetchResult } from '../../src/types.js';
import { run } from '../helpers/cli.js';

let server: Server;
let folder = '';
let list = '';
let requests: string[] = [];
/** As the list has them: addresses of loopback are hosts of their own. */
let urls: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(`http://${request.headers.host}${request.url}`);
    response.end('hello');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  urls = Array.from({ length: 60 }, (_, i) => `http://127.0.0.${2 + (i % 20)}:${port}/${i}`);
  urls[30] = 'no URL';
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  requests = [];
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  list = join(folder, 'urls.txt');
  writeFileSync(list, urls.join('\n'));
  return () => rmSync(folder, { recursive: true });
});

const part = async (shard: string, env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const { status, stdout } = await run(['-f', 'ndjson', '-q', '--exit-zero', '--shard', shard, list], { env });
  expect(status).toBe(0);
  return stdout;
};

const rowsOf = (text: string): FetchResult[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as FetchResult]));

describe('--shard', () => {
  test('has every URL in one part, with its place in the whole list', async () => {
    const parts = await Promise.all(['1/3', '2/3', '3/3'].map((shard) => part(shard)));
    for (const text of parts) expect(text).not.toBe('');
    const rows = parts.flatMap(rowsOf).toSorted((a, b) => a.index - b.index);
    expect(rows.map(({ url }) => url)).toEqual(urls);
    expect(rows.map(({ index }) => index)).toEqual(urls.map((_, i) => i));
    expect(requests.toSorted()).toEqual(urls.filter((url) => url !== 'no URL').toSorted());
  });

  test('has the part that the engine tells', async () => {
    const env = { CLOUD_RUN_TASK_INDEX: '1', CLOUD_RUN_TASK_COUNT: '3' };
    const indices = (text: string): number[] => rowsOf(text).map(({ index }) => index);
    expect(indices(await part('auto', env))).toEqual(indices(await part('2/3')));
  });

  test('that is empty prints no row and is all right', async () => {
    writeFileSync(list, 'http://127.0.0.1/');
    const texts = await Promise.all(['1/3', '2/3', '3/3'].map((shard) => part(`${shard}`)));
    expect(texts.filter((text) => text === '')).toHaveLength(2);
  });

  test.each([
    [
      ['--shard', '5/4'],
      'option \'--shard <i/n|auto>\': expected "i/n", i from 1 to n and n at most 1000000, got "5/4"',
    ],
    [['--shard', 'auto'], "option '--shard <i/n|auto>': no engine tells in the environment which part this is"],
    [['--shard-by', 'url'], "option '--shard-by <key>': needs --shard"],
  ])('%j makes no request', async (argv, message) => {
    expect(await run([...argv, list])).toEqual({ status: 2, stdout: '', stderr: `fetch-lengths: ${message}\n` });
    expect(requests).toEqual([]);
  });
});

test('parts that are lost, doubled and torn are joined by --resume over the whole list', async () => {
  const [one, two] = [await part('1/3'), await part('2/3')];
  const all = join(folder, 'all.ndjson');
  // The third is lost, the second was cut off in its last line, and came twice.
  writeFileSync(all, one + two.slice(0, -9) + two);
  requests = [];
  const { status } = await run(['-f', 'ndjson', '-q', '--resume', '-o', all, list]);
  expect(status).toBe(1);
  const rows = rowsOf(readFileSync(all, 'utf8')).toSorted((a, b) => a.index - b.index);
  expect(rows.map(({ url }) => url)).toEqual(urls);
  expect(rows.filter(({ state }) => state !== 'ok').map(({ url }) => url)).toEqual(['no URL']);
  // Only what none of them has is fetched, and what was torn.
  const has = new Set(rowsOf(one + two).map(({ url }) => url));
  for (const url of requests) expect(has.has(url)).toBe(false);
});
