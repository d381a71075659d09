import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AnsweredResult, FailedResult, FetchResult } from '../../src/types.js';
import { type Outcome, run } from '../helpers/cli.js';
import { type RawServer, rawServer, response } from '../helpers/raw-server.js';
import { answered, failed } from '../helpers/rows.js';
import { MODES } from '../helpers/settings.js';

let folder: string;
let output: string;
let list: string;
let server: RawServer;
let urls: readonly string[];

/** Resumes the list of ten URLs; the body of each is as long as the number in its path, but `/4` is not found. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  server = await rawServer((socket, request) => {
    const number = Number(/^GET \/(\d+)/.exec(request)?.[1]);
    socket.write(response('x'.repeat(number), [], number === 4 ? '404 Not Found' : '200 OK'));
  });
  urls = Array.from({ length: 10 }, (_, i) => `${server.origin}/${i}`);
  output = join(folder, 'rows.ndjson');
  list = join(folder, 'urls.txt');
  writeFileSync(list, urls.map((url) => `${url}\n`).join(''));
});

const resume = (...argv: string[]): Promise<Outcome> => run(['--resume', '-f', 'ndjson', '-o', output, ...argv, list]);
const line = (row: object): string => `${JSON.stringify(row)}\n`;
const ok = (index: number): AnsweredResult =>
  answered({ index, url: urls[index] as string, length: index, encodedBodySize: index });
const lost = (index: number): FailedResult => failed({ index, url: urls[index] as string });
const rows = (): FetchResult[] =>
  readFileSync(output, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as FetchResult);
const asked = (): number[] =>
  server.requests.map((head) => Number(/^GET \/(\d+)/.exec(head)?.[1])).toSorted((a, b) => a - b);

/** Ten rows, one for each URL. */
function expectComplete(): void {
  expect(
    rows()
      .map(({ index, url, length }) => [index, url, length])
      .toSorted(([a], [b]) => Number(a) - Number(b)),
  ).toEqual(urls.map((url, i) => [i, url, i]));
  expect(readFileSync(output, 'utf8')).toMatch(/}\n$/);
  expect(readdirSync(folder).toSorted()).toEqual(['rows.ndjson', 'urls.txt']);
}

describe.each(MODES)('--resume, %s', (mode) => {
  test('of no file is a fresh start', async () => {
    const { status, stderr } = await resume('-m', mode);
    expect(status).toBe(1);
    expect(stderr).toContain('10 URLs: 9 ok, 1 HTTP error, 0 failed; 45 bytes;');
    expectComplete();
  });

  test.each(['input', 'completion'])('fetches what is lacking and failed, in the order of %s', async (order) => {
    const kept = [ok(0), ok(2), ok(9)].map(line);
    writeFileSync(output, kept[0] + line(lost(1)) + kept[1] + line(lost(5)) + kept[2]);
    const { status, stderr } = await resume('-m', mode, '--order', order);
    expect(asked()).toEqual([1, 3, 4, 5, 6, 7, 8]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('10 URLs: 9 ok, 1 HTTP error, 0 failed; 45 bytes;')]);
    expectComplete();
    // What was there is there byte for byte, and in front.
    expect(readFileSync(output, 'utf8').startsWith(kept.join(''))).toBe(true);
  });
});

describe('--resume', () => {
  test('of a complete file asks for nothing and leaves it as it is', async () => {
    await resume();
    const before = [readFileSync(output, 'utf8'), statSync(output).ino];
    const requests = server.requests.length;
    expect((await resume()).status).toBe(1);
    expect((await resume('--exit-zero')).status).toBe(0);
    expect(server.requests).toHaveLength(requests);
    expect([readFileSync(output, 'utf8'), statSync(output).ino]).toEqual(before);
  });

  test.each([
    ['a torn end', () => line(ok(0)) + line(ok(1)).slice(0, -40), [0]],
    ['a torn end within the last brace', () => line(ok(0)) + line(ok(1)).slice(0, -2), [0]],
    ['a whole end without a line end', () => line(ok(0)) + line(ok(1)).slice(0, -1), [0, 1]],
    ['a torn line in the middle', () => line(ok(0)).slice(0, 50) + line(ok(1)) + line(ok(2)), [2]],
    ['nothing but line ends', () => '\n\n\n', []],
    ['nothing but zeros', () => '\0'.repeat(5000), []],
    ['zeros behind a row', () => line(ok(0)) + '\0'.repeat(5000), [0]],
    ['CRLF', () => [ok(0), ok(1)].map((row) => `${JSON.stringify(row)}\r\n`).join(''), [0, 1]],
    ['a huge line', () => `${line(ok(0))}{"index":${'1'.repeat(5_000_000)}\n${line(ok(1))}`, [0, 1]],
    ['a huge last line', () => `${line(ok(0))}${'x'.repeat(9_000_000)}`, [0]],
    ['other JSON', () => `null\n[]\n"text"\n1\n{}\n{"index":0}\n${line(ok(3))}`, [3]],
    ['rows with wrong types', () => line({ ...ok(0), length: '0' }) + line(ok(3)), [3]],
    ['rows that contradict themselves', () => line({ ...ok(0), length: null }) + line(ok(3)), [3]],
    ['unknown error codes', () => line(lost(0)).replace('"dns"', '"what"') + line(ok(3)), [3]],
    ['rows that contradict their status', () => line({ ...ok(0), status: 500 }) + line(ok(3)), [3]],
    ['rows that are not UTF-8', () => Buffer.from(line(ok(0)).replace('text', 't\xffxt') + line(ok(3)), 'latin1'), [3]],
    ['a row behind a BOM', () => `\ufeff${line(ok(0))}${line(ok(3))}`, [3]],
    ['rows of a later version', () => line({ ...ok(0), more: 1 }) + line(ok(3)), [0, 3]],
    ['the same row twice', () => line(ok(0)).repeat(2) + line(ok(1)), [0, 1]],
  ])('drops %s', async (_, text, kept) => {
    writeFileSync(output, text());
    await resume();
    expect(asked()).toEqual(urls.map((_, i) => i).filter((i) => !kept.some((index) => index === i)));
    expectComplete();
  });

  test('of several rows keeps the best, and the later of equals', async () => {
    const gone = (length: number): FetchResult => ({
      ...answered({ ...ok(3), state: 'http-error', status: 410, length }),
    });
    const good = (duration: number): FetchResult => ({ ...ok(3), duration });
    writeFileSync(output, [gone(1), good(1), lost(3), good(2), gone(2), lost(3), gone(5), lost(6)].map(line).join(''));
    await resume();
    expect(rows().filter(({ index }) => index === 3)).toEqual([good(2)]);
    expect(asked()).not.toContain(3);
    expect(asked()).toContain(6);
    expectComplete();
  });

  test('joins parts', async () => {
    writeFileSync(output, [7, 3, 5].map((i) => line(ok(i))).join('') + [2, 0].map((i) => line(ok(i))).join(''));
    await resume();
    expect(asked()).toEqual([1, 4, 6, 8, 9]);
    expectComplete();
  });

  test('takes the list from standard input too', async () => {
    writeFileSync(output, line(ok(0)) + line(lost(1)));
    const argv = ['--resume', '-f', 'ndjson', '-o', output];
    await run([...argv, '-'], { stdin: readFileSync(list) });
    expect(asked()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expectComplete();
  });

  test('with --unique skips what the list had before', async () => {
    writeFileSync(list, `${urls[1]}\n${urls[1]}\n${urls[2]}\n`);
    writeFileSync(output, line({ ...ok(1), index: 0 }));
    await resume('--unique');
    expect(rows().map(({ index }) => index)).toEqual([0, 2]);
    expect(asked()).toEqual([2]);
  });

  test.each([
    ['another URL at an index', () => line({ ...ok(3), url: urls[4] as string }), 'at index 3'],
    ['an index behind its end', () => line({ ...ok(3), index: 10 }), 'before index 10'],
    ['an index far behind its end', () => line({ ...ok(3), index: 2 ** 52 }), `before index ${2 ** 52}`],
    [
      'two URLs at an index',
      () => line(ok(3)) + line({ ...ok(3), url: 'http://else/' }),
      'at index 3 it has "http://else/"',
    ],
    ['a password in another URL', () => line({ ...ok(3), url: 'http://me:s3cret@else/' }), 'it has "http://else/"'],
    [
      'a long password there',
      () => line({ ...ok(3), url: `http://me:${'s3cret'.repeat(50)}@else/` }),
      'it has "http://else/"',
    ],
    ['another URL in a failed row', () => line({ ...lost(3), url: 'http://else/' }), 'at index 3'],
  ])('refuses a file with %s, and leaves it as it is', async (_, wrong, message) => {
    const text = line(lost(0)) + line(ok(1)) + wrong() + line(ok(2)).slice(0, -9);
    writeFileSync(output, text);
    const { status, stdout, stderr } = await resume();
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^fetch-lengths: cannot resume ".*": [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect(readFileSync(output, 'utf8')).toBe(text);
    expect(server.requests).toHaveLength(0);
  });

  test.each([
    ['a folder', () => folder, 'EISDIR'],
    ['no regular file', () => '/dev/null', 'it is no regular file'],
    ['in a folder that is not there', () => join(folder, 'no', 'rows'), 'ENOENT'],
    ['the list itself', () => list, 'it is the list itself'],
  ])('refuses an output that is %s', async (_, path, message) => {
    output = path();
    const { status, stderr } = await resume();
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(server.requests).toHaveLength(0);
    expect(readFileSync(list, 'utf8')).toContain(urls[9]);
  });

  test('tells a list that cannot be read as such, and leaves the file as it is', async () => {
    writeFileSync(output, line(lost(0)));
    const { status, stderr } = await run(['--resume', '-f', 'ndjson', '-o', output, join(folder, 'missing')]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^fetch-lengths: cannot read the list /)]);
    expect(readFileSync(output, 'utf8')).toBe(line(lost(0)));
  });

  test('keeps a link a link, and the permissions', async () => {
    const target = join(folder, 'target');
    writeFileSync(target, line(lost(0)) + line(ok(1)));
    // Not as it is made, where the umask takes from it.
    chmodSync(target, 0o640);
    symlinkSync(target, output);
    await resume();
    expect(statSync(target).mode & 0o777).toBe(0o640);
    expect(readFileSync(target, 'utf8').startsWith(line(ok(1)))).toBe(true);
    expect(rows()).toHaveLength(10);
    expect(existsSync(`${target}.resuming`)).toBe(false);
  });

  test('leaves alone what else is in the folder', async () => {
    writeFileSync(output, line(lost(0)) + line(ok(1)));
    writeFileSync(`${output}.resuming`, 'mine');
    symlinkSync(list, `${output}.tmp`);
    await resume();
    expect(readFileSync(`${output}.resuming`, 'utf8')).toBe('mine');
    expect(readFileSync(list, 'utf8')).toContain(urls[9]);
    expect(readdirSync(folder)).toHaveLength(4);
  });

  test('of a clean file goes on in the file itself, whatever else it is called', async () => {
    writeFileSync(output, line(ok(0)));
    const other = join(folder, 'other');
    linkSync(output, other);
    await resume();
    expect(readFileSync(other, 'utf8')).toBe(readFileSync(output, 'utf8'));
  });
});
