import { execFile } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BIN, run, type Surroundings, start } from '../helpers/cli.js';
import { gateServer } from '../helpers/gate-server.js';
import { rawServer, response } from '../helpers/raw-server.js';

/** How the line is taken away. */
const ERASED = '\r\x1b[K\x1b[C\x1b[J\r';

/** Each drawing of the line. */
const drawings = (stderr: string): string[] =>
  stderr
    .split('\x1b[?7l')
    .slice(1)
    .map((text) => text.split('\x1b[?7h')[0] ?? '');

/** A run, and what it has written to standard error so far. */
function started(
  argv: readonly string[],
  surroundings: Surroundings,
): { host: EventEmitter; stderr: () => string; end: Promise<unknown> } {
  const { host, outcome } = start(argv, surroundings);
  let text = '';
  host.stderr.on('data', (chunk) => {
    text += chunk;
  });
  return { host, stderr: () => text, end: outcome };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

describe('progress', () => {
  test.each<[string, string[], Surroundings]>([
    ['with --quiet', ['-q'], {}],
    ['with --no-progress', ['--no-progress'], {}],
    ['in CI', [], { env: { CI: 'true' } }],
    ['on a dumb terminal', [], { env: { TERM: 'dumb' } }],
    ['where standard error is no terminal', [], { terminal: false }],
  ])('is not there %s', async (_, argv, surroundings) => {
    const gate = await gateServer();
    const silent = started([...argv, `${gate.origin}/1`], { terminal: true, ...surroundings });
    await gate.arrived(1);
    // Started later: once this one has drawn twice, the other would have.
    const other = started([`${gate.origin}/2`], { terminal: true });
    await until(() => drawings(other.stderr()).length >= 2);
    expect(silent.stderr()).toBe('');
    gate.open();
    await Promise.all([silent.end, other.end]);
    expect(silent.stderr()).toBe('');
  });

  test('tells which run of a comparison it is', async () => {
    const gate = await gateServer();
    const urls = [1, 2].map((path) => `${gate.origin}/${path}`);
    const { stderr, end } = started(['--compare', ...urls], { terminal: true });
    const last = (): string => drawings(stderr()).at(-1) ?? '';
    await until(() => /^sequential {2}\[-+\] {2}0\/2 .* {2}1 in flight /.test(last()));
    gate.release();
    await gate.arrived(1);
    gate.release();
    await until(() => /^concurrent {2}\[-+\] {2}0\/2 .* {2}2 in flight /.test(last()));
    gate.open();
    await end;
    expect(stderr().endsWith(ERASED)).toBe(true);
  });

  test('is in colour as NO_COLOR and FORCE_COLOR say', async () => {
    for (const [env, colour] of [
      [{}, true],
      [{ NO_COLOR: '1' }, false],
      [{ FORCE_COLOR: '0' }, false],
    ] as const) {
      const gate = await gateServer();
      const { stderr, end } = started([`${gate.origin}/`, 'http://[/'], {
        terminal: true,
        env,
      });
      await until(() => stderr().includes('1 failed'));
      expect(stderr().includes('\x1b[31m1 failed\x1b[39m')).toBe(colour);
      gate.open();
      await end;
    }
  });

  test('is drawn at most ten times a second, however many rows there are', async () => {
    const server = await rawServer(response('hello'));
    let text = '';
    let listed = 0;
    // As long as it takes to be drawn a few times.
    const stdin = Readable.from(
      (async function* () {
        while (drawings(text).length < 5) {
          yield Buffer.from(`${server.origin}/${listed++}\n`.repeat(100));
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    );
    const begin = performance.now();
    const { host, outcome } = start([], { stdin, terminal: true });
    host.stderr.on('data', (chunk) => {
      text += chunk;
    });
    const { stdout, stderr } = await outcome;
    expect(drawings(stderr).length).toBeLessThanOrEqual((performance.now() - begin) / 100);
    expect(stdout.split('\n').filter((line) => /^ {11}5 http:\/\/\S+$/.test(line))).toHaveLength(100 * listed);
  });

  test.each(['uncaughtExceptionMonitor', 'exit'])(
    'is taken away where the process ends by itself (%s)',
    async (event) => {
      const gate = await gateServer();
      const { host, stderr, end } = started([gate.origin], { terminal: true });
      await until(() => stderr().includes('1 in flight'));
      const drawn = stderr().length;
      host.emit(event);
      await until(() => stderr().length > drawn);
      // Here, not at the end: where this process had to wait for its turn, the line is drawn again by now.
      expect(stderr().startsWith(ERASED, drawn)).toBe(true);
      gate.open();
      await end;
      expect(host.listenerCount(event)).toBe(0);
    },
  );

  test('is taken away before an error is told', async () => {
    const gate = await gateServer();
    const stdin = new PassThrough();
    const { stderr, end } = started(['-'], { stdin, terminal: true });
    stdin.write(`${gate.origin}/1\n`);
    await until(() => stderr().includes('1 in flight'));
    stdin.destroy(new Error('EIO: i/o error, read'));
    gate.open();
    await end;
    expect(stderr().endsWith(`${ERASED}fetch-lengths: cannot read standard input: EIO: i/o error, read\n`)).toBe(true);
  });
});

test('FORCE_COLOR has text in colour in a pipe too, but not in a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env = { FORCE_COLOR: '1' };
  expect((await run([], { stdin: 'x', env })).stdout).toContain('\x1b[31m');
  expect((await run([], { stdin: 'x', env })).stderr).toBe('');
  const output = join(folder, 'out');
  expect((await run(['-o', output], { stdin: 'x', env })).stderr).toBe('');
  const text = readFileSync(output, 'utf8');
  expect(text).toContain('bad-url');
  expect(text).not.toContain('\x1b');
});

test('a run in a pipe loads nothing for terminals', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const probe = join(folder, 'probe.cjs');
  writeFileSync(probe, `process.on('exit', () => console.error(Object.keys(require.cache).join('\\n')));`);
  const { stderr } = await promisify(execFile)(process.execPath, ['--require', probe, BIN, '-q', '/dev/null']);
  const loaded = stderr.split('\n').map((path) => path.replace(/.*\/dist\//, ''));
  expect(loaded).toContain('run.cjs');
  for (const name of ['bars.cjs', 'show-progress.cjs', 'verbose.cjs']) {
    expect(existsSync(BIN.replace('bin.cjs', name))).toBe(true);
    expect(loaded).not.toContain(name);
  }
});
