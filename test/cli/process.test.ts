import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { BIN, bash, type Outcome } from '../helpers/cli.js';
import { gateServer } from '../helpers/gate-server.js';
import { type RawServer, rawServer, response } from '../helpers/raw-server.js';
import { answered } from '../helpers/rows.js';
import { MODES } from '../helpers/settings.js';

/** The built command, in a process of its own. */
function spawnCli(...argv: string[]): {
  readonly child: ChildProcessWithoutNullStreams;
  readonly outcome: () => Promise<Outcome>;
} {
  const child = spawn(process.execPath, [BIN, ...argv]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'close');
  return {
    child,
    outcome: async () => {
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [status] = await exit;
      return { status, stdout, stderr };
    },
  };
}

/** How long what is in flight may go on after a signal, in milliseconds. */
const GRACE = 5_000;

/** How many requests came, once pipe, writer and result map are full, which only silence can tell. */
async function silence({ requests }: RawServer): Promise<number> {
  let seen = -1;
  for (; seen !== requests.length || seen === 0; await new Promise((resolve) => setTimeout(resolve, 500))) {
    seen = requests.length;
  }
  return seen;
}

const rows = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('the built command', () => {
  test('runs on its own', async () => {
    const server = await rawServer(response('hello'));
    const { child, outcome } = spawnCli();
    child.stdin.end(`${server.origin}/a\n`);
    const { status, stdout, stderr } = await outcome();
    expect(stdout).toMatch(/^ {11}5 http:\/\/127\.0\.0\.1:\d+\/a\n {11}5 total: 1 URL: 1 ok, /);
    expect([status, stderr]).toEqual([0, '']);
  });

  test('ends with the exit status of its rows', async () => {
    const server = await rawServer(response('', [], '404 Not Found'));
    expect((await spawnCli(server.origin).outcome()).status).toBe(1);
    expect((await spawnCli('--exit-zero', server.origin).outcome()).status).toBe(0);
    expect((await spawnCli('--nonsense').outcome()).status).toBe(2);
    expect((await spawnCli('--version').outcome()).status).toBe(0);
  });

  test('writes rows as they come, not only at the end', async () => {
    const gate = await gateServer();
    const { child, outcome } = spawnCli('-m', 'sequential', '-f', 'ndjson', `${gate.origin}/1`, `${gate.origin}/2`);
    await gate.arrived(1);
    gate.release();
    const [first] = await once(child.stdout, 'data');
    expect(rows(String(first))).toMatchObject([{ index: 0, state: 'ok' }]);
    gate.open();
    expect((await outcome()).status).toBe(0);
  });

  test('takes a list that is still being written', async () => {
    const server = await rawServer(response('hello'));
    const { child, outcome } = spawnCli('-f', 'ndjson');
    child.stdin.write(`${server.origin}/1\n${server.origin}/2`);
    const [first] = await once(child.stdout, 'data');
    expect(rows(String(first))).toMatchObject([{ index: 0, state: 'ok' }]);
    child.stdin.end('2\n');
    expect(rows((await outcome()).stdout)).toMatchObject([{ index: 1, url: `${server.origin}/22` }]);
  });

  test.each([
    [[], '32'],
    [['--concurrency', '100'], '200'],
    [['--mode', 'sequential'], '4'],
  ])('%j may look up as many names at once as URLs', async (argv, threads) => {
    const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const probe = join(folder, 'probe.cjs');
    writeFileSync(probe, "process.on('exit', () => console.error(process.env.UV_THREADPOOL_SIZE));");
    const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
    const child = spawn(process.execPath, ['--require', probe, BIN, '--quiet', ...argv, '/dev/null'], { env });
    expect(await text(child.stderr)).toBe(`${threads}\n`);
  });
});

test('the list is never the output, as standard input neither', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const list = join(folder, 'urls.txt');
  writeFileSync(list, 'http://127.0.0.1:1/\n');
  const { status, stderr } = await bash(`fetch-lengths -o ${list} <${list}`);
  expect([status, stderr]).toEqual([2, expect.stringContaining('it is the list itself')]);
  expect(readFileSync(list, 'utf8')).toBe('http://127.0.0.1:1/\n');
});

test('standard output is never the list', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const list = join(folder, 'urls.txt');
  writeFileSync(list, 'http://127.0.0.1:1/\n');
  const { status, stderr } = await bash(`fetch-lengths ${list} >>${list}`);
  expect([status, stderr]).toEqual([2, 'fetch-lengths: cannot write to standard output: it is the list itself\n']);
  expect(readFileSync(list, 'utf8')).toBe('http://127.0.0.1:1/\n');
});

test('a folder as standard input is told in one line', async () => {
  const { status, stderr } = await bash('fetch-lengths </');
  expect([status, stderr]).toEqual([2, 'fetch-lengths: cannot read standard input: it is a directory\n']);
});

describe('pipes', () => {
  test('whose reader goes away end it quietly, with 141', async () => {
    const server = await rawServer(response('hello'));
    const urls = `for i in {1..5000}; do echo ${server.origin}/$i; done`;
    for (const format of ['text', 'json', 'ndjson', 'csv']) {
      const { stdout, stderr } = await bash(
        `${urls} | fetch-lengths -f ${format} | head -n 1; echo "\${PIPESTATUS[1]}"`,
      );
      expect(stdout.trimEnd().split('\n').at(-1)).toBe('141');
      expect(stderr).toBe('');
    }
  });

  test.each(['--help', '--version', '--completions fish'])('that nobody reads end %s too', async (option) => {
    const { stdout, stderr } = await bash(
      `exec {pipe}> >(exec true); wait $!; fetch-lengths ${option} >&$pipe; echo $? >&2`,
    );
    expect([stdout, stderr]).toEqual(['', '141\n']);
  });

  test('that nobody reads hold back the requests', async () => {
    const server = await rawServer(response('hello'));
    const { child, outcome } = spawnCli('-f', 'ndjson', '-q');
    const count = 20_000;
    child.stdin.on('error', () => {});
    child.stdin.end(Array.from({ length: count }, (_, i) => `${server.origin}/${i}\n`).join(''));
    expect(await silence(server)).toBeLessThan(5_000);
    const { status, stdout } = await outcome();
    expect(status).toBe(0);
    expect(rows(stdout).map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  test('closed on standard error lose no row', async () => {
    const server = await rawServer(response('hello'));
    const { stdout } = await bash(`fetch-lengths -f ndjson ${server.origin} 2>&-; echo $?`);
    expect(stdout.trimEnd().split('\n')).toEqual([expect.stringContaining('"state":"ok"'), '0']);
  });
});

describe('a pipe with a name', () => {
  let pipe: string;

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    pipe = join(folder, 'pipe');
    await bash(`mkfifo ${pipe}`);
  });

  test('that nobody reads on keeps no signal waiting', async () => {
    const server = await rawServer(response('hello'));
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    const { child, outcome } = spawnCli('-f', 'ndjson', '-o', pipe);
    child.stdin.on('error', () => {});
    child.stdin.end(Array.from({ length: 20_000 }, (_, i) => `${server.origin}/${i}\n`).join(''));
    await silence(server);
    child.kill('SIGTERM');
    // The second signal counts only if it does not come together with the first.
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    expect((await outcome()).status).toBe(143);
  });

  test('is never both list and output', async () => {
    const { status, stderr } = await bash(`echo http://127.0.0.1:1/ >${pipe} & fetch-lengths -o ${pipe} ${pipe}`);
    expect([status, stderr]).toEqual([2, expect.stringContaining('it is the list itself')]);
  });
});

test('a connection as standard output whose reader goes away ends it quietly, with 141', async () => {
  const server = await rawServer(response('hello'));
  const reader = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.resetAndDestroy()));
  await once(reader.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void reader.close());
  const output = connect((reader.address() as AddressInfo).port, '127.0.0.1');
  await once(output, 'connect');
  const child = spawn(process.execPath, [BIN, '-f', 'ndjson'], { stdio: ['pipe', output, 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  // It has the connection now.
  output.destroy();
  child.stdin?.on('error', () => {});
  child.stdin?.end(Array.from({ length: 20_000 }, (_, i) => `${server.origin}/${i}\n`).join(''));
  const exit = once(child, 'close');
  expect([await text(child.stderr as Readable), (await exit)[0]]).toEqual(['', 141]);
});

describe('an output that fails', () => {
  test.runIf(existsSync('/dev/full'))('takes no help or script without a word', async () => {
    for (const option of ['--help', '--version', '--completions bash']) {
      const { stdout, stderr } = await bash(`fetch-lengths ${option} >/dev/full; echo $?`);
      expect(stdout).toBe('2\n');
      expect(stderr).toMatch(/^fetch-lengths: cannot write the output: ENOSPC: .*\n$/);
    }
  });
});

// A limit for files in place of a full disk: the system tells another code, after the same short write.
describe('an output that fails half-way', () => {
  test.each(['--help', '--completions zsh'])('takes no part of %s for the whole', async (option) => {
    const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { status, stderr } = await bash(`ulimit -f 1; fetch-lengths ${option} >${folder}/out`);
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^fetch-lengths: cannot write the output: EFBIG[^\n]*\n$/),
    ]);
  });

  const LIMIT = 'ulimit -f 16; fetch-lengths -q -f ndjson';

  test.each([
    ['named by -o', (out: string, list: string) => `${LIMIT} -o ${out} ${list}`],
    ['behind >', (out: string, list: string) => `${LIMIT} ${list} >${out}`],
    ['behind >>', (out: string, list: string) => `echo '{"before":1}' >${out}; ${LIMIT} ${list} >>${out}`],
  ])('%s ends with a whole line, exit 2', async (_, command) => {
    const server = await rawServer(response('hello'));
    const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [out, list] = [join(folder, 'out'), join(folder, 'urls.txt')];
    writeFileSync(list, Array.from({ length: 500 }, (_, i) => `${server.origin}/${i}\n`).join(''));
    const { status, stderr } = await bash(command(out, list));
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^fetch-lengths: cannot write the output: EFBIG[^\n]*\n$/),
    ]);
    const text = readFileSync(out, 'utf8');
    expect(text).toMatch(/}\n$/);
    expect(text.length).toBeGreaterThan(15_000);
    expect(text.length).toBeLessThanOrEqual(16_384);
    expect(rows(text).filter(({ state }) => state === 'ok').length).toBeGreaterThan(20);
  });
});

describe('a low ulimit -n', () => {
  test('that has no room for one URL is told before the first', async () => {
    const server = await rawServer(response('hello'));
    const { status, stdout, stderr } = await bash(`ulimit -n 26; fetch-lengths ${server.origin}`);
    expect([status, stdout, stderr]).toEqual([2, '', 'fetch-lengths: too few files may be open (ulimit -n)\n']);
    expect(server.requests).toHaveLength(0);
  });

  test.each([
    ['http', 64, 17],
    ['https', 40, 5],
  ] as const)('lowers the concurrency, and no URL fails for it (%s, %i)', async (scheme, files, most) => {
    const server = await rawServer(response('hello'), scheme === 'https' ? 'localhost' : undefined);
    const list = `for i in {1..300}; do echo ${server.origin}/$i; done`;
    const { status, stdout, stderr } = await bash(`ulimit -n ${files}; ${list} | fetch-lengths --json -k -c 100`);
    expect(status).toBe(0);
    const { concurrency, totals } = JSON.parse(stdout);
    expect(totals).toMatchObject({ urls: 300, ok: 300 });
    // What Node itself has open differs a little between its versions.
    expect(concurrency).toBeGreaterThanOrEqual(most - 3);
    expect(concurrency).toBeLessThanOrEqual(most + 3);
    expect(stderr).toContain(
      `fetch-lengths: too few files may be open (ulimit -n): ${concurrency} at once instead of 100\n`,
    );
  });
});

describe('a low ulimit -n with --threads', () => {
  test.each([
    [262, 16],
    [64, 2],
    [48, 1],
  ] as const)('(%i) leaves %i of them, and no URL fails for it', async (files, left) => {
    const servers = await Promise.all(Array.from({ length: 24 }, () => rawServer(response('hello'))));
    const list = join(mkdtempSync(join(tmpdir(), 'fetch-lengths-')), 'urls.txt');
    onTestFinished(() => rmSync(dirname(list), { recursive: true }));
    // One host has all that is in flight, while the connections of the others wait for their next turn.
    const turn = servers.map(({ origin }, i) => `${origin}\n`.repeat(i === 0 ? 200 : 4)).join('');
    writeFileSync(list, turn.repeat(8));
    const { status, stdout, stderr } = await bash(
      `ulimit -n ${files}; fetch-lengths --json --threads 32 -c 200 ${list}`,
    );
    const { concurrency, totals } = JSON.parse(stdout);
    expect(totals).toMatchObject({ urls: 2336, ok: 2336 });
    expect(status).toBe(0);
    expect(stderr).toContain(
      `fetch-lengths: too few files may be open (ulimit -n): ${concurrency} at once instead of 200, ${left} instead of 32 threads\n`,
    );
  });

  test('tells of them alone where there is no concurrency to lower', async () => {
    const server = await rawServer(response('hello'));
    const { stderr } = await bash(`ulimit -n 64; fetch-lengths --threads 32 -m sequential ${server.origin}`);
    expect(stderr).toBe('fetch-lengths: too few files may be open (ulimit -n): 2 instead of 32 threads\n');
  });
});

describe('interrupted while --resume takes the output up', () => {
  let server: RawServer;
  let folder: string;
  let output: string;

  beforeEach(async () => {
    server = await rawServer(response('hello'));
    folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    output = join(folder, 'rows.ndjson');
  });

  const row = () => JSON.stringify(answered({ index: 0, url: `${server.origin}/0` }));
  const resume = () => spawnCli('--resume', '-f', 'ndjson', '-o', output);

  test.each([
    ['once', ['SIGINT'], [130]],
    // Either may arrive first, or the second when all is done: it kills then.
    ['twice', ['SIGINT', 'SIGTERM'], [130, 143, null]],
  ] as const)('%s it leaves the file as it was, and no other one', async (_, signals, statuses) => {
    // One row, so often that to look for others takes a while; the torn end wants the file written anew.
    const before = Buffer.from(`${row()}\n`.repeat(150_000) + row().slice(0, 50));
    writeFileSync(output, before);
    const { child, outcome } = resume();
    const watcher = watch(folder);
    const written = once(watcher, 'change');
    child.stdin.end(`${server.origin}/0\n${server.origin}/1\n`);
    await written;
    watcher.close();
    expect(readdirSync(folder)).toContainEqual(expect.stringMatching(/\.resuming$/));
    for (const signal of signals) child.kill(signal);
    const { status, stdout, stderr } = await outcome();
    expect(statuses).toContain(status);
    expect([stdout, stderr]).toEqual(['', '']);
    expect(readdirSync(folder)).toEqual(['rows.ndjson']);
    expect(readFileSync(output).equals(before)).toBe(true);
    expect(server.requests).toEqual([]);
  });

  test('it waits no longer for more of its list', async () => {
    writeFileSync(output, row().slice(0, 50));
    const { child, outcome } = resume();
    // More than fits into a pipe: once it is written, the list is being read.
    await new Promise((resolve) => child.stdin.write(`${server.origin}/0\n`.repeat(100_000), resolve));
    child.kill('SIGTERM');
    expect(await outcome()).toEqual({ status: 143, stdout: '', stderr: '' });
    expect(readdirSync(folder)).toEqual(['rows.ndjson']);
    expect(readFileSync(output, 'utf8')).toBe(row().slice(0, 50));
    expect(server.requests).toEqual([]);
  });
});

test('what one --resume has still to write stays, though another takes the same file up meanwhile', async () => {
  const gate = await gateServer();
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [output, list] = [join(folder, 'rows.ndjson'), join(folder, 'urls.txt')];
  writeFileSync(list, `no URL\n${gate.origin}/1\n${gate.origin}/2\n`);
  const resume = () => spawnCli('-q', '-f', 'ndjson', '--exit-zero', '--resume', '-o', output, list);

  const first = resume();
  await gate.arrived(2);
  while (!existsSync(output) || readFileSync(output).length === 0) await new Promise(setImmediate);
  const { ino } = statSync(output);
  // A failed row is tried again: for that the file is written anew.
  const second = resume();
  await gate.arrived(4);
  expect(statSync(output).ino).not.toBe(ino);
  second.child.kill('SIGKILL');
  await second.outcome();
  gate.open();
  expect(await first.outcome()).toEqual({ status: 0, stdout: '', stderr: '' });
  const ends = rows(readFileSync(output, 'utf8')).map(({ index, state }) => [index, state]);
  expect(ends).toEqual(expect.arrayContaining([0, 1, 2].map((index) => [index, index === 0 ? 'failed' : 'ok'])));
});

describe.each(MODES)('interrupted, %s', (mode) => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s lets what is in flight end, and exits with %i', async (signal, expected) => {
    const gate = await gateServer();
    const concurrency = mode === 'sequential' ? 1 : 3;
    const options = mode === 'sequential' ? [] : ['-c', '3'];
    const urls = Array.from({ length: 10 }, (_, i) => `${gate.origin}/${i}`);
    const { child, outcome } = spawnCli('--json', '-m', mode, ...options, ...urls);
    await gate.arrived(concurrency);
    child.kill(signal);
    const [notice] = await once(child.stderr, 'data');
    expect(String(notice)).toBe(
      'fetch-lengths: interrupted: what is in flight may take 5 s more; interrupt again to end at once\n',
    );
    gate.open();
    const { status, stdout, stderr } = await outcome();
    expect(status).toBe(expected);
    const { results, totals } = JSON.parse(stdout);
    expect(results).toHaveLength(concurrency);
    expect(totals).toMatchObject({ urls: concurrency, ok: concurrency });
    expect(stderr).toContain(`fetch-lengths: ${concurrency} URL`);
  });

  test('gives what is in flight five seconds', async () => {
    const gate = await gateServer();
    const { child, outcome } = spawnCli('-f', 'ndjson', '-m', mode, `${gate.origin}/0`);
    await gate.arrived(1);
    const sent = performance.now();
    child.kill('SIGINT');
    const { status, stdout } = await outcome();
    expect(status).toBe(130);
    expect(performance.now() - sent).toBeGreaterThan(GRACE - 100);
    // Not the thirty that a URL has, on a machine however busy.
    expect(performance.now() - sent).toBeLessThan(15_000);
    expect(rows(stdout)).toMatchObject([{ index: 0, state: 'failed', error: { code: 'aborted' } }]);
  });

  test('twice ends at once', async () => {
    const gate = await gateServer();
    const { child, outcome } = spawnCli('-m', mode, `${gate.origin}/0`);
    await gate.arrived(1);
    child.kill('SIGINT');
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    // Without the row that it would have after five seconds.
    expect(await outcome()).toMatchObject({ status: 143, stdout: '' });
  });

  test('while a URL waits to be tried again, has its row', async () => {
    const server = await rawServer(response('busy', ['Retry-After: 20'], '503 Service Unavailable'));
    const { child, outcome } = spawnCli('-f', 'ndjson', '-m', mode, `${server.origin}/0`);
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGINT');
    const { status, stdout } = await outcome();
    expect(status).toBe(130);
    expect(rows(stdout)).toMatchObject([{ index: 0, status: 503, attempts: 1, error: { code: 'aborted' } }]);
  });

  test('while it waits for more of a list that is a pipe with a name, ends at once', async () => {
    const server = await rawServer(response('hello'));
    const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const pipe = join(folder, 'pipe');
    await bash(`mkfifo ${pipe}`);
    const { child, outcome } = spawnCli('-f', 'ndjson', '-m', mode, pipe);
    const writer = spawn('bash', ['-c', `exec >${pipe}; echo ${server.origin}; read`]);
    await once(child.stdout, 'data');
    const sent = performance.now();
    child.kill('SIGTERM');
    expect((await outcome()).status).toBe(143);
    expect(performance.now() - sent).toBeLessThan(GRACE);
    writer.stdin.end();
  });

  test('while it waits for more of its list, ends at once', async () => {
    const server = await rawServer(response('hello'));
    const { child, outcome } = spawnCli('-f', 'ndjson', '-m', mode);
    child.stdin.write(`${server.origin}\n`);
    await once(child.stdout, 'data');
    const sent = performance.now();
    child.kill('SIGINT');
    expect((await outcome()).status).toBe(130);
    expect(performance.now() - sent).toBeLessThan(GRACE);
  });
});
