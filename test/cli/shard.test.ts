import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FetchResult } from '../../src/types.js';
import { type Outcome, run } from '../helpers/cli.js';

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
    writeFileSync(list, urls[0] as string);
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

describe('--shard with --resume', () => {
  const resume = (shard: string, output: string): Promise<Outcome> =>
    run(['-f', 'ndjson', '-q', '--exit-zero', '--resume', '-o', output, '--shard', shard, list]);
  const failed = (text: string): string =>
    rowsOf(text)
      .map(
        (row) =>
          `${JSON.stringify({ ...row, state: 'failed', status: null, length: null, lengthFrom: null, error })}\n`,
      )
      .join('');
  const error = { code: 'connect', cause: null, message: 'connection refused' };

  test('goes on with its part, and leaves rows of other parts as they are', async () => {
    const [one, two] = [await part('1/3'), await part('2/3')];
    const [first = '', ...others] = two.split(/(?<=\n)/);
    const file = join(folder, 'rows.ndjson');
    writeFileSync(file, failed(one) + first + failed(others.join('')));
    requests = [];
    expect((await resume('2/3', file)).status).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text.startsWith(failed(one) + first)).toBe(true);
    expect(rowsOf(text.slice(failed(one).length)).map(({ url }) => url)).toEqual(rowsOf(two).map(({ url }) => url));
    const again = rowsOf(others.join('')).filter(({ state }) => state === 'ok');
    expect(requests.toSorted()).toEqual(again.map(({ url }) => url).toSorted());
  });

  test.each([
    ['at another place', (rows: FetchResult[]) => ({ ...rows[0], index: rows[1]?.index })],
    [
      'at a place of another part',
      (rows: FetchResult[], others: FetchResult[]) => ({ ...rows[0], index: others[0]?.index }),
    ],
    ['behind the end of the list', (rows: FetchResult[]) => ({ ...rows[0], index: 60 })],
  ])('refuses a row of its part that is %s', async (_, wrong) => {
    const text = `${JSON.stringify(wrong(rowsOf(await part('2/3')), rowsOf(await part('1/3'))))}\n`;
    const file = join(folder, 'rows.ndjson');
    writeFileSync(file, text);
    requests = [];
    const { status, stderr } = await resume('2/3', file);
    expect([status, stderr]).toEqual([2, expect.stringContaining('it is of another list: at index ')]);
    expect(requests).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('of parts one after the other ends with the whole list', async () => {
    const file = join(folder, 'rows.ndjson');
    for (const shard of ['3/3', '1/3', '2/3', '1/3']) await resume(shard, file);
    const rows = rowsOf(readFileSync(file, 'utf8'));
    expect(rows.map(({ url }) => url).toSorted()).toEqual(urls.toSorted());
    expect(requests).toHaveLength(urls.length - 1);
  });
});
