import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { COMPARING, FORMATS } from '../../src/reporters/formats.js';
import type { FetchResult } from '../../src/types.js';
import { BIN, type Outcome, run } from '../helpers/cli.js';
import { everyKind } from '../helpers/kinds.js';
import { answered, failed } from '../helpers/rows.js';
import { MODES } from '../helpers/settings.js';

let folder: string;
let recording: string;

/** Written on the second of January 2026, 03:04:05 in UTC. */
const WRITTEN = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  recording = join(folder, 'rows.ndjson');
});

const line = (row: object): string => `${JSON.stringify(row)}\n`;

/** A file of these lines. */
function record(lines: string, name = 'rows.ndjson'): string {
  const path = join(folder, name);
  writeFileSync(path, lines);
  utimesSync(path, WRITTEN, WRITTEN);
  return path;
}

const from = (...argv: string[]): Promise<Outcome> => run(['--from', recording, ...argv]);
const json = async (...argv: string[]): Promise<ReturnType<typeof JSON.parse>> =>
  JSON.parse((await from('--json', '-q', ...argv)).stdout);

/** A row that was in flight from one time to another, in milliseconds. */
const between = (index: number, startTime: number, end: number): FetchResult =>
  answered({ index, startTime, duration: end - startTime });

describe.each(MODES)('--from, of what a run had, %s', (mode) => {
  test('gives back its rows byte for byte, and its totals', async () => {
    const { urls } = await everyKind();
    const stdin = urls.join('\n');
    const recorded = await run(['-f', 'ndjson', '-m', mode, '--retry', '1', '-o', recording], { stdin });
    const again = await from('-f', 'ndjson');
    expect([again.status, again.stdout]).toEqual([recorded.status, readFileSync(recording, 'utf8')]);
    // But for the run's own end, which rows do not tell, and for how many it might have had in flight.
    const counts = (summary: string): string => summary.replace(/; (sequential|concurrent), .*/, '');
    expect(counts(again.stderr)).toBe(counts(recorded.stderr));
    expect((await json()).mode).toBe(mode);
  });
});

describe('--from', () => {
  test.each(FORMATS.filter((format) => format !== 'ndjson'))(
    'gives %s as the run itself would have',
    async (format) => {
      const rows = [
        answered(),
        answered({ index: 1, url: 'http://host/gone', state: 'http-error', status: 410, length: 153, startTime: 1 }),
        failed({ index: 2, url: 'http://host/\x1b[2J</script>\u202e\ud800' }),
      ];
      record(rows.map(line).join(''));
      const { status, stdout, stderr } = await from('-f', format, '-q');
      expect([status, stderr]).toEqual([1, '']);
      const { reporters } = await import('../../src/reporters/index.js');
      const { textOf } = await import('../helpers/rows.js');
      const reported = {
        mode: 'concurrent',
        concurrency: 3,
        startedDateTime: '2026-01-02T03:04:04.989Z',
        duration: 10.75,
        totals: { urls: 3, ok: 1, httpErrors: 1, failed: 1, length: 1423, encodedBodySize: 2540 },
        async *rows() {
          yield rows;
        },
      } as const;
      // Text that is no UTF-16 reaches the output as U+FFFD, where it is not escaped.
      const expected = Buffer.from(
        await textOf(reporters[format].report(reported, { colour: false, width: null })),
      ).toString();
      expect(stdout).toBe(expected);
    },
  );

  test('derives what rows do not tell from their times', async () => {
    record([between(0, 0, 100), between(1, 10, 90), between(2, 90, 120), between(3, 130, 2_000)].map(line).join(''));
    const { mode, concurrency, startedDateTime, duration } = await json();
    expect({ mode, concurrency, startedDateTime, duration }).toEqual({
      mode: 'concurrent',
      concurrency: 2,
      startedDateTime: '2026-01-02T03:04:03.000Z',
      duration: 2_000,
    });
  });

  test.each([
    ['one after the other', [between(0, 0, 10.001), between(1, 10, 20), between(2, 20, 30)], 1],
    ['one within the other, in no order', [between(2, 5, 6), between(0, 0, 10), between(1, 4, 7)], 3],
    ['a thousand that overlap the next', Array.from({ length: 3_000 }, (_, i) => between(i, i, i + 1.5)), 2],
    ['thousands at once', Array.from({ length: 3_000 }, (_, i) => between(i, 5, 10)), 3_000],
    ['lines that are no URLs', [failed({ attempts: 0, duration: 5 }), failed({ attempts: 0, duration: 5 })], 1],
    ['none', [], 1],
  ])('counts how many were in flight: %s', async (_, rows, concurrency) => {
    record(rows.map(line).join(''));
    const report = await json();
    expect([report.concurrency, report.mode]).toEqual([concurrency, concurrency === 1 ? 'sequential' : 'concurrent']);
  });

  test('has the exit status of its rows', async () => {
    record(line(answered()));
    expect((await from()).status).toBe(0);
    record(line(answered()) + line(answered({ index: 1, state: 'http-error', status: 404 })));
    expect((await from()).status).toBe(1);
    expect((await from('--exit-zero')).status).toBe(0);
    record('');
    expect(await from('-f', 'ndjson', '-q')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('drops what is no whole row, and says so', async () => {
    const torn = line(answered({ index: 1 })).slice(0, -20);
    const odd = [
      { ...failed(), error: { code: 'dns' } },
      { ...answered(), startTime: 1e300 },
      { ...failed(), lengthFrom: 'body' },
    ];
    record(`${line(answered())}null\n${odd.map(line).join('')}${line(answered({ index: 2 }))}${torn}`);
    const { status, stdout, stderr } = await from('-f', 'ndjson');
    expect([status, stdout]).toEqual([0, line(answered()) + line(answered({ index: 2 }))]);
    expect(stderr).toMatch(
      /^fetch-lengths: dropped 5 of 7 lines of ".*rows\.ndjson": no whole rows\nfetch-lengths: 2 URLs: 2 ok, .*\n$/,
    );
  });

  test('reads standard input, and what can be read only once', async () => {
    const rows = line(answered()) + line(failed());
    const expected = { status: 1, stdout: rows, stderr: '' };
    expect(await run(['--from', '-', '-f', 'ndjson', '-q'], { stdin: rows })).toEqual(expected);
    record(rows);
    const script = `"${process.execPath}" "${BIN}" --from <(cat "${recording}") -f ndjson -q`;
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await text(child.stdout)).toBe(rows);
  });

  test('of standard input that is a file knows when that was written', async () => {
    record(line(between(0, 0, 1_000)));
    const script = `"${process.execPath}" "${BIN}" --from - --json -q <"${recording}"`;
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(JSON.parse(await text(child.stdout)).startedDateTime).toBe('2026-01-02T03:04:04.000Z');
  });

  test('writes to a file, but never over the recording', async () => {
    const rows = line(answered());
    record(rows);
    const output = join(folder, 'out.csv');
    expect((await from('-f', 'csv', '-q', '-o', output)).status).toBe(0);
    expect(readFileSync(output, 'utf8')).toContain('http://host/');
    const { status, stdout, stderr } = await from('-f', 'csv', '-o', recording);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^fetch-lengths: cannot write the output ".*": it is the recording itself\n$/);
    const script = `"${process.execPath}" "${BIN}" --from "${recording}" >>"${recording}"`;
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'inherit', 'pipe'] });
    expect(await text(child.stderr)).toContain('cannot write to standard output: it is the recording itself');
    expect(readFileSync(recording, 'utf8')).toBe(rows);
  });

  // A file system in memory keeps any time.
  test.runIf(existsSync('/dev/shm'))('of a file whose time no date holds has one all the same', async () => {
    const odd = mkdtempSync('/dev/shm/fetch-lengths-');
    onTestFinished(() => rmSync(odd, { recursive: true }));
    recording = join(odd, 'rows.ndjson');
    writeFileSync(recording, line(answered()));
    for (const time of [1e15, 1e12, -1e15]) {
      utimesSync(recording, time, time);
      const { startedDateTime } = await json();
      expect(startedDateTime).toMatch(/^\d{4}-/);
    }
  });

  test('fails half-way as a run does', async () => {
    record(line(answered()).repeat(1_000));
    if (existsSync('/dev/full'))
      expect(await from('-o', '/dev/full')).toMatchObject({ status: 2, stderr: expect.stringContaining('ENOSPC') });
    const script = `"${process.execPath}" "${BIN}" --from "${recording}" | head -n 1; echo "\${PIPESTATUS[0]}"`;
    record(line(answered()).repeat(20_000));
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    expect((await text(child.stdout)).split('\n').slice(1)).toEqual(['141', '']);
    expect(await text(child.stderr)).toBe('');
  });
});

describe('--from, twice with --compare', () => {
  const twice = (first: FetchResult, second: FetchResult, ...argv: string[]): Promise<Outcome> =>
    run(['--from', record(line(first)), '--from', record(line(second), 'other.ndjson'), '--compare', ...argv]);

  test.each(COMPARING)('gives both as %s', async (format) => {
    const { status, stdout } = await twice(between(0, 0, 3_000), between(0, 0, 2_000), '-f', format);
    expect(status).toBe(0);
    expect(stdout).toContain('1.5');
  });

  test('tells which was faster, in the order given', async () => {
    const { stdout } = await twice(between(0, 0, 3_000), between(0, 0, 2_000));
    expect(stdout).toContain('\nThe second was 1.5 times as fast: 2.00 s instead of 3.00 s.\n');
    const { speedup, runs } = JSON.parse((await twice(between(0, 0, 3_000), between(0, 0, 6_000), '--json')).stdout);
    expect([speedup, runs.map(({ duration }: { duration: number }) => duration)]).toEqual([0.5, [3_000, 6_000]]);
  });

  test('calls a sequential and a concurrent run what they are', async () => {
    const first = record([between(0, 0, 1_000), between(1, 1_000, 3_000)].map(line).join(''));
    const second = record([between(0, 0, 1_000), between(1, 500, 1_500)].map(line).join(''), 'other.ndjson');
    const { stdout } = await run(['--from', first, '--from', second, '--compare']);
    expect(stdout).toContain('\nConcurrent was 2 times as fast: 1.50 s instead of 3.00 s.\n');
  });

  test('has the exit status of both', async () => {
    expect((await twice(answered(), failed({ index: 0 }))).status).toBe(1);
    expect((await twice(failed({ index: 0 }), answered())).status).toBe(1);
    expect((await twice(failed({ index: 0 }), answered(), '--exit-zero')).status).toBe(0);
  });
});

describe('--from refuses, in one line,', () => {
  test.each([
    [['http://127.0.0.1:1/'], 'option \'--from <file>\': contradicts the source "http://127.0.0.1:1/"'],
    [['--demo'], "option '--demo': is for fetching, which --from does not do"],
    [['--resume', '-f', 'ndjson', '-o', 'x'], "option '--resume': is for fetching, which --from does not do"],
    [['-c', '4'], "option '-c, --concurrency <n>': is for fetching, which --from does not do"],
    [['--head'], "option '--head': is for fetching, which --from does not do"],
    [['-H', 'a: b'], "option '-H, --header <name: value>': is for fetching, which --from does not do"],
    [['--from', 'x'], "option '--from <file>': may be given twice with --compare, else once"],
    [['--compare'], "option '--compare': needs two recordings with --from, each with one of its own"],
    [
      ['--from', 'x', '--from', 'y', '--compare'],
      "option '--compare': needs two recordings with --from, each with one of its own",
    ],
    [['--from', 'x', '--compare', '-f', 'csv'], "option '--compare': has no room in the format csv"],
    [['-f', 'pdf'], `option '-f, --format <format>' argument 'pdf' is invalid. Expected ${FORMATS.join(', ')}.`],
    [['--json', '-f', 'csv'], "option '--json': contradicts --format csv"],
  ])('%j', async (argv, message) => {
    record(line(answered()));
    expect(await from(...argv)).toEqual({ status: 2, stdout: '', stderr: `fetch-lengths: ${message}\n` });
  });

  test('standard input twice', async () => {
    const { status, stderr } = await run(['--from', '-', '--from', '-', '--compare'], { stdin: '' });
    expect([status, stderr]).toEqual([
      2,
      'fetch-lengths: option \'--from <file>\': cannot read standard input ("-") twice\n',
    ]);
  });

  test.each([
    ['a missing file', () => join(folder, 'missing'), 'cannot read ".*missing": ENOENT: .*'],
    ['a folder', () => folder, 'cannot read ".*": it is a directory'],
    [
      'a file of something else',
      () => record('http://host/\nhttp://host/b\n'),
      'cannot render ".*": no line of it is a row',
    ],
  ])('%s, and leaves the output as it is', async (_, path, message) => {
    const output = join(folder, 'kept');
    writeFileSync(output, 'kept');
    const { status, stdout, stderr } = await run(['--from', path(), '-o', output]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(new RegExp(`^fetch-lengths: ${message}\n$`));
    expect(readFileSync(output, 'utf8')).toBe('kept');
  });
});

describe('--from, in the built command,', () => {
  /** What the command loads, and how it ends. */
  async function probe(node: string[], ...argv: string[]): Promise<{ loaded: string; status: unknown }> {
    const path = join(folder, 'probe.cjs');
    writeFileSync(path, "process.on('exit', () => console.error(Object.keys(require.cache).join('\\n')));");
    const child = spawn(process.execPath, [...node, '--require', path, BIN, '-o', '/dev/null', ...argv], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [loaded, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    return { loaded, status };
  }

  test('loads nothing that fetches', async () => {
    record(line(answered()));
    expect((await probe([], 'http://127.0.0.1:1/', '--retry', '0')).loaded).toContain('/undici/');
    const { loaded, status } = await probe([], '--from', recording);
    expect(status).toBe(0);
    expect(loaded).toContain('bin.cjs');
    expect(loaded).not.toContain('/undici/');
    expect(loaded).not.toContain('/p-limit/');
  });

  test.each(FORMATS)('holds no rows: %s', async (format) => {
    record(Array.from({ length: 60_000 }, (_, i) => line(between(i, i, i + 20))).join(''));
    const { loaded, status } = await probe(['--max-old-space-size=18'], '--from', recording, '-f', format, '-q');
    expect([status, loaded.includes('JavaScript heap out of memory')]).toEqual([0, false]);
  });
});
