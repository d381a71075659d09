import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/reporters/formats.js';
import type { FetchResult, Report } from '../../src/types.js';
import { bash, run } from '../helpers/cli.js';
import { fixturePath, type RawServer, rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

let folder = '';
const file = (name: string): string => join(folder, name);

function list(...urls: string[]): string {
  const path = file(`list-${Math.random().toString(36).slice(2)}.txt`);
  writeFileSync(path, urls.map((url) => `${url}\n`).join(''));
  return path;
}

const rowsOf = (ndjson: string): FetchResult[] =>
  ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** A server whose answers are as long as the number in the path. */
async function lengthServer(): Promise<RawServer> {
  return rawServer((socket, request) => {
    socket.write(response('x'.repeat(Number(/^GET \/(\d+)/.exec(request)?.[1] ?? 0))));
  });
}

describe('sources', () => {
  test('are files, standard input and URLs, in the order given', async () => {
    const { origin } = await lengthServer();
    const names = [list(`${origin}/1`, `${origin}/2`), '-', `${origin.replace('http', 'HTTP')}/4`, list(`${origin}/5`)];
    const { status, stdout } = await run(['-f', 'ndjson', '-q', ...names], { stdin: `${origin}/3\n` });
    expect(status).toBe(0);
    expect(rowsOf(stdout).map(({ index, length }) => [index, length])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
  });

  test('are standard input where none is named', async () => {
    const { origin } = await lengthServer();
    const { status, stdout, stderr } = await run([], { stdin: `${origin}/7` });
    expect(stdout).toMatch(/^ {11}7 http:\/\/127\.0\.0\.1:\d+\/7\n {11}7 total: 1 URL: 1 ok, /);
    expect([status, stderr]).toEqual([0, '']);
  });

  test('are asked for where standard input is a terminal', async () => {
    const { status, stdout, stderr } = await run([]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Usage: fetch-lengths \[options\] \[source\.\.\.\]\n/);
  });

  test('may be empty', async () => {
    expect(await run(['-f', 'ndjson', '-q'], { stdin: '' })).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await run(['-f', 'ndjson', '-q', list()])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('of every kind of rubbish give one row per URL', async () => {
    const { origin } = await lengthServer();
    const rubbish = Buffer.concat([
      Buffer.from(`\ufeff# a comment\r\n\r\n${origin}/1\r\n   \n\t${origin}/2 \nnot a URL\n`),
      Buffer.alloc(10_000_000, 'x'),
      Buffer.from(`\n${origin}/\0\n`),
      Buffer.from(`${origin}/caf\xe9\nhttp://\xff\xfe/\n`, 'latin1'),
      Buffer.from(`${origin}/\u2028\nmailto:a@b\n\0\0\0\n${origin}/3`),
    ]);
    const { status, stdout } = await run(['-f', 'ndjson', '-q'], { stdin: rubbish });
    expect(status).toBe(1);
    const rows = rowsOf(stdout);
    expect(rows.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(rows.map(({ length, error }) => error?.message ?? length)).toEqual([
      1,
      2,
      'no absolute http(s) URL',
      'longer than 64 KiB',
      'a control character in the URL',
      'not UTF-8 text',
      'not UTF-8 text',
      0,
      'no absolute http(s) URL',
      'no absolute http(s) URL',
      3,
    ]);
  });

  test.each([
    ['a missing file', () => [file('missing')], /cannot read the list ".*missing": ENOENT: no such file or directory/],
    ['a folder', () => [folder], /cannot read the list ".*": it is a directory/],
    ['a good one and a missing one', () => [list('http://127.0.0.1:1/'), file('missing')], /missing/],
    ['standard input, twice', () => ['-', '-'], /cannot read standard input \("-"\) twice/],
  ])('that cannot be read (%s) are told in one line', async (_, names, message) => {
    const { status, stdout, stderr } = await run(names());
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^fetch-lengths: [^\n]*\n$/);
    expect(stderr).toMatch(message);
  });
});

describe('wrong options', () => {
  test.each([
    [['-c', '0'], 'option \'-c, --concurrency <n>\': expected an integer from 1 to 65536, got "0"'],
    [['-c', '1e9'], "option '-c, --concurrency <n>' argument '1e9' is invalid. Expected a whole number."],
    [['-c', '1000000000'], 'option \'-c, --concurrency <n>\': expected an integer from 1 to 65536, got "1000000000"'],
    [['-c', 'x'], "option '-c, --concurrency <n>' argument 'x' is invalid. Expected a whole number."],
    [['-c', '-1'], "option '-c, --concurrency <n>' argument '-1' is invalid. Expected a whole number."],
    [['--mode', 'fast'], "option '-m, --mode <mode>' argument 'fast' is invalid. Expected sequential, concurrent."],
    [
      ['--mode', 'concurent'],
      "option '-m, --mode <mode>' argument 'concurent' is invalid. Expected sequential, concurrent. (Did you mean concurrent?)",
    ],
    [
      ['--mode', 'sequential', '-c', '4'],
      'option \'-c, --concurrency <n>\': expected none with the sequential mode, which is one at a time, got "4"',
    ],
    [['--order', 'x'], "option '--order <order>' argument 'x' is invalid. Expected input, completion."],
    [['-f', 'pdf'], `option '-f, --format <format>' argument 'pdf' is invalid. Expected ${FORMATS.join(', ')}.`],
    [
      ['-f', 'toString'],
      `option '-f, --format <format>' argument 'toString' is invalid. Expected ${FORMATS.join(', ')}.`,
    ],
    [
      ['-f', 'jsno'],
      `option '-f, --format <format>' argument 'jsno' is invalid. Expected ${FORMATS.join(', ')}. (Did you mean json?)`,
    ],
    [
      ['-f', `json${'n'.repeat(65_536)}`],
      `option '-f, --format <format>' argument 'json${'n'.repeat(65_536)}' is invalid. Expected ${FORMATS.join(', ')}.`,
    ],
    [['-f', ''], `option '-f, --format <format>' argument '' is invalid. Expected ${FORMATS.join(', ')}.`],
    [['--json', '-f', 'csv'], "option '--json': contradicts --format csv"],
    [['--compare', '-f', 'csv'], "option '--compare': has no room in the format csv"],
    [['--compare', '-m', 'concurrent'], "option '--compare': runs both modes, which contradicts --mode concurrent"],
    [['--demo'], 'option \'--demo\': contradicts the source "http://127.0.0.1:1/"'],
    [['-t', '0'], 'option \'-t, --timeout <time>\': expected a time from 1 ms to 24 days, got "0"'],
    [['-t', '100000m'], 'option \'-t, --timeout <time>\': expected a time from 1 ms to 24 days, got "100000m"'],
    [
      ['-t', 'soon'],
      "option '-t, --timeout <time>' argument 'soon' is invalid. Expected a time like 30, 30s, 500ms or 2m.",
    ],
    [
      ['--max-bytes', '10zB'],
      "option '--max-bytes <size>' argument '10zB' is invalid. Expected a size like 1000, 10kB, 10MB or 1GiB.",
    ],
    [['-H', 'x\ny'], 'option \'-H, --header <name: value>\': expected "Name: value", got "x\\ny"'],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['--proxi=http://me:s3 cret@host/'], "unknown option '--proxi'"],
    [['--mod', 'sequential'], "unknown option '--mod' (Did you mean --mode?)"],
    [['--mode\n'], "unknown option '--mode\\x0a' (Did you mean --mode?)"],
    [['--rat'], "unknown option '--rat' (Did you mean --rate?)"],
    [['--nonsense', '1/2'], "unknown option '--nonsense'"],
    [['--rate', '3'], 'option \'--rate <n/s>\': expected a rate like 5/s, 90/m or 1000/h, got "3"'],
    [['--rate', '0/s'], 'option \'--rate <n/s>\': expected a rate like 5/s, 90/m or 1000/h, got "0/s"'],
    [
      ['--per-host-rate', '5/d'],
      'option \'--per-host-rate <n/s>\': expected a rate like 5/s, 90/m or 1000/h, got "5/d"',
    ],
    [['--per-host', '0'], 'option \'--per-host <n>\': expected an integer from 1 to 65536, got "0"'],
    [['--retry', '-1'], "option '--retry <n>' argument '-1' is invalid. Expected a whole number."],
    [['-v', '-q'], "option '-v, --verbose': contradicts --quiet"],
    [['--resume'], "option '--resume': needs a file that has rows: --format ndjson --output <file>"],
    [
      ['--public-only', '--proxy', 'http://127.0.0.1:1'],
      "option '--public-only': expected no proxy beside it, named by an option or by the environment, got true",
    ],
    [['-c', 'x\ny'], "option '-c, --concurrency <n>' argument 'x\\x0ay' is invalid. Expected a whole number."],
  ])('%j are told in one line', async (argv, message) => {
    expect(await run([...argv, 'http://127.0.0.1:1/'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `fetch-lengths: ${message}\n`,
    });
  });

  test('without their value are told in one line', async () => {
    expect((await run(['-c'])).stderr).toBe("fetch-lengths: option '-c, --concurrency <n>' argument missing\n");
  });

  test.each([
    [['--demo', 'http://me:s3cret@host/']],
    [['ftp://me:s3/cret@host/']],
    [['--demo', `http://me:s3'"cret@host/`]],
    [['--demo', 'http://me:s3" cret@host/']],
    [['--proxy', 'http://me:s3/cret@host:x', '-']],
  ])('%j show no password', async (argv) => {
    const { status, stderr } = await run(argv);
    expect([status, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
    expect(stderr).not.toMatch(/s3|cret/);
    expect(stderr).toContain('host');
  });

  test('send no request', async () => {
    const server = await lengthServer();
    for (const argv of [['-c', '0'], ['-o', file('no/folder/out')], ['--cacert', '/nowhere'], [file('missing')]]) {
      expect((await run([...argv, server.origin])).status).toBe(2);
    }
    expect(server.connections).toBe(0);
  });

  test('leave an existing output as it is', async () => {
    const output = file('kept.txt');
    writeFileSync(output, 'kept');
    await run(['-o', output, '-c', '0', 'http://127.0.0.1:1/']);
    await run(['-o', output, file('missing')]);
    expect(readFileSync(output, 'utf8')).toBe('kept');
  });
});

describe('the output', () => {
  test('is a file with -o, from its start', async () => {
    const { origin } = await lengthServer();
    const output = file('out.txt');
    writeFileSync(output, 'what was there before, and longer than what comes'.repeat(100));
    expect(await run(['-o', output, `${origin}/3`])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(output, 'utf8')).toMatch(/^ {11}3 http:\/\/\S*\/3\n {11}3 total: [^\n]*\n$/);
  });

  test.each([
    ['in a folder that is not there', () => file('no/out.txt'), 'ENOENT'],
    ['that is a folder', () => folder, 'EISDIR'],
  ])('%s is told in one line', async (_, output, code) => {
    const { status, stdout, stderr } = await run(['-o', output(), 'http://127.0.0.1:1/']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(new RegExp(`^fetch-lengths: cannot write the output ".*": ${code}: [^\n]*\n$`));
  });

  test('is standard output with -o -', async () => {
    const { origin } = await lengthServer();
    expect((await run(['-o', '-', '-f', 'ndjson', '-q', `${origin}/3`])).stdout).toContain('"length":3');
    expect(existsSync('-')).toBe(false);
  });

  test('is never the list', async () => {
    const path = list('http://127.0.0.1:1/');
    const { status, stderr } = await run(['-o', path, path]);
    expect(status).toBe(2);
    expect(stderr).toBe(`fetch-lengths: cannot write the output ${JSON.stringify(path)}: it is the list itself\n`);
    expect(readFileSync(path, 'utf8')).toBe('http://127.0.0.1:1/\n');
  });

  test('that fails half-way is told, exit 2', async () => {
    if (!existsSync('/dev/full')) return;
    const { origin } = await lengthServer();
    for (const length of [1, 100]) {
      const urls = Array.from({ length }, () => `${origin}/1`);
      const { status, stderr } = await run(['-f', 'ndjson', '-o', '/dev/full', ...urls]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^fetch-lengths: cannot write the output: ENOSPC[^\n]*\n$/);
    }
  });

  test('on a terminal is in colour, unless NO_COLOR says no', async () => {
    const argv = ['not a URL'];
    const url = list(...argv);
    expect((await run([url], { terminal: true, stdin: '' })).stdout).toContain('\x1b[31m');
    expect((await run([url], { terminal: true, stdin: '', env: { NO_COLOR: '1' } })).stdout).not.toContain('\x1b');
    expect((await run([url], { terminal: true, stdin: '', env: { NO_COLOR: '' } })).stdout).toContain('\x1b[31m');
    expect((await run([url])).stdout).not.toContain('\x1b');
  });

  test('has its summary on standard error, but in text', async () => {
    const { origin } = await lengthServer();
    for (const format of ['json', 'ndjson', 'csv', 'har']) {
      const { stderr } = await run(['-f', format, `${origin}/5`]);
      expect(stderr).toMatch(
        /^fetch-lengths: 1 URL: 1 ok, 0 HTTP errors, 0 failed; 5 bytes; concurrent, 16 at once; \d+\.\d\d s\n$/,
      );
      expect((await run(['-q', '-f', format, `${origin}/5`])).stderr).toBe('');
    }
    expect((await run([`${origin}/5`])).stderr).toBe('');
  });
});

describe('the exit status', () => {
  test('is 1 where a URL is not ok, 0 where it need not be', async () => {
    const { origin } = await rawServer(response('gone', [], '410 Gone'));
    expect((await run([origin])).status).toBe(1);
    expect((await run([list('not a URL')])).status).toBe(1);
    expect((await run(['--exit-zero', origin])).status).toBe(0);
    expect((await run(['--exit-zero', '-c', '0', origin])).status).toBe(2);
  });
});

test.each([['-h'], ['--help']])('%s fits 80 columns', async (option) => {
  const { status, stdout, stderr } = await run([option]);
  expect([status, stderr]).toEqual([0, '']);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test.each([['-V'], ['--version']])('%s is that of the package', async (option) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await run([option])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});

describe.each(MODES)('--mode %s', (mode) => {
  const report = async (...argv: string[]): Promise<Report> =>
    JSON.parse((await run(['--json', '-q', '-m', mode, ...argv])).stdout);
  const one = async (...argv: string[]): Promise<FetchResult> => (await report(...argv)).results[0] as FetchResult;

  test('tells itself and the concurrency', async () => {
    const { origin } = await lengthServer();
    expect(await report(`${origin}/1`)).toMatchObject({ mode, concurrency: mode === 'sequential' ? 1 : 16 });
    if (mode === 'concurrent') expect(await report('-c', '7', `${origin}/1`)).toMatchObject({ concurrency: 7 });
  });

  test('--order', async () => {
    const { origin } = await lengthServer();
    const urls = [1, 2, 3, 4].map((length) => `${origin}/${length}`);
    const { results } = await report('--order', 'input', ...urls);
    expect(results.map(({ length }) => length)).toEqual([1, 2, 3, 4]);
    const completed = (await report('--order', 'completion', ...urls)).results.map(({ length }) => length);
    expect(new Set(completed)).toEqual(new Set([1, 2, 3, 4]));
  });

  test('--unique', async () => {
    const server = await lengthServer();
    const { origin } = server;
    const { results, totals } = await report('--unique', `${origin}/1`, `${origin}/1`, `${origin}/2`);
    expect(results.map(({ index, length }) => [index, length])).toEqual([
      [0, 1],
      [2, 2],
    ]);
    expect(totals.urls).toBe(2);
    expect(server.requests).toHaveLength(2);
  });

  test('--timeout', async () => {
    const { origin } = await rawServer(() => {});
    expect(await one('-t', '50ms', origin)).toMatchObject({ error: { code: 'timeout' } });
  });

  test('--connect-timeout', async () => {
    const { port } = await rawServer(() => {});
    const row = await one('--connect-timeout', '50ms', `https://127.0.0.1:${port}`);
    expect(row).toMatchObject({ error: { code: 'connect', cause: 'ETIMEDOUT' } });
  });

  test('--max-redirects', async () => {
    const { origin } = await rawServer(response('', ['Location: /'], '302 Found'));
    expect(await one('--max-redirects', '3', origin)).toMatchObject({ redirects: 3, state: 'failed' });
    expect(await one('--max-redirects', '0', origin)).toMatchObject({ redirects: 0, state: 'ok', status: 302 });
  });

  test('--max-bytes', async () => {
    const { origin } = await lengthServer();
    expect(await one('--max-bytes', '1kB', `${origin}/1000`)).toMatchObject({ state: 'ok', length: 1000 });
    expect(await one('--max-bytes', '1kB', `${origin}/1001`)).toMatchObject({ error: { code: 'too-large' } });
  });

  test('--header, --user-agent, --compressed', async () => {
    const server = await lengthServer();
    await report('-H', 'X-A: 1', '--header', 'X-B: 2', '-A', 'me', '--compressed', server.origin);
    expect(server.requests[0]).toMatch(/^user-agent: me$/m);
    expect(server.requests[0]).toMatch(/^x-a: 1$/m);
    expect(server.requests[0]).toMatch(/^x-b: 2$/m);
    expect(server.requests[0]).toMatch(/^accept-encoding: gzip, deflate, br/m);
  });

  test('--head', async () => {
    const { origin } = await rawServer('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n');
    expect(await one('--head', origin)).toMatchObject({ length: 99, lengthFrom: 'content-length' });
  });

  test('--insecure, --cacert', async () => {
    const { origin } = await rawServer(response('hello'), 'localhost');
    expect(await one(origin)).toMatchObject({ error: { code: 'tls' } });
    expect(await one('-k', origin)).toMatchObject({ state: 'ok' });
    expect(await one('--cacert', fixturePath('ca.pem'), origin)).toMatchObject({ state: 'ok' });
  });
});

test('--compare runs the list twice', async () => {
  const server = await lengthServer();
  const urls = [1, 2].map((length) => `${server.origin}/${length}`);
  const { status, stdout } = await run(['--compare', '--json', '-q', '-c', '2', '-'], { stdin: urls.join('\n') });
  expect(status).toBe(0);
  const { speedup, runs } = JSON.parse(stdout);
  expect(speedup).toBeGreaterThan(0);
  expect(runs).toMatchObject([
    { mode: 'sequential', concurrency: 1, results: [{ length: 1 }, { length: 2 }] },
    { mode: 'concurrent', concurrency: 2, results: [{ length: 1 }, { length: 2 }] },
  ]);
  expect(server.requests).toHaveLength(4);
});

test('--compare reads --cacert once: it may be a pipe', async () => {
  const { origin } = await rawServer(response('hello'), 'localhost');
  const { status, stdout, stderr } = await bash(
    `fetch-lengths -q --json --compare --cacert <(cat ${fixturePath('ca.pem')}) ${origin}`,
  );
  expect([status, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout).runs).toMatchObject([{ totals: { ok: 1 } }, { totals: { ok: 1 } }]);
});

test('--demo is a list of 26 pages, and --compare tells why concurrency wins', async () => {
  // No proxy of the environment comes between: the site is in this process.
  const env = { HTTP_PROXY: 'http://127.0.0.1:1' };
  const { status, stdout, stderr } = await run(['--demo', '--compare', '-c', '26', '--json', '-q'], { env });
  expect([status, stderr]).toEqual([0, '']);
  const { speedup, runs } = JSON.parse(stdout) as { speedup: number; runs: [Report, Report] };
  for (const { results, totals } of runs) {
    expect(results.map(({ url }) => new URL(url).pathname)).toEqual(
      Array.from('abcdefghijklmnopqrstuvwxyz', (c) => `/${c}`),
    );
    expect(totals).toMatchObject({ urls: 26, ok: 26, length: 671_775 });
  }
  // How many times as fast is the machine's business; one after the other and all at once are not.
  const startOf = ({ startTime }: FetchResult): number => startTime;
  const endOf = ({ startTime, duration }: FetchResult): number => startTime + duration;
  const [sequential, concurrent] = runs.map(({ results }) => results) as [FetchResult[], FetchResult[]];
  for (const [i, row] of sequential.slice(1).entries()) {
    // Each time is rounded to a thousandth.
    expect(startOf(row)).toBeGreaterThan(endOf(sequential[i] as FetchResult) - 0.002);
  }
  expect(Math.max(...concurrent.map(startOf))).toBeLessThan(Math.min(...concurrent.map(endOf)));
  expect(speedup).toBeGreaterThan(2);
});

test('a list that can no longer be read ends the run, with the rows so far', async () => {
  const { origin } = await lengthServer();
  const stdin = Readable.from(
    (async function* () {
      yield Buffer.from(`${origin}/1\n`);
      throw new Error('EIO: i/o error, read');
    })(),
  );
  const { status, stdout, stderr } = await run(['--json', '-q'], { stdin });
  expect(status).toBe(2);
  expect(stderr).toBe('fetch-lengths: cannot read standard input: EIO: i/o error, read\n');
  expect(JSON.parse(stdout).results).toHaveLength(1);
});
