import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { fetchLengths as FetchLengths } from '../../src/index.js';
import { BIN, type Outcome } from '../helpers/cli.js';
import { deadPort } from '../helpers/dead-port.js';
import { gateServer } from '../helpers/gate-server.js';
import { proxyServer } from '../helpers/proxy-server.js';
import { fixturePath, type RawServer, rawServer, response } from '../helpers/raw-server.js';

// As it is built: a worker is a file of its own.
const LIBRARY = new URL('../../dist/index.js', import.meta.url).href;
const { fetchLengths } = (await import(LIBRARY)) as { fetchLengths: typeof FetchLengths };

const threads = 3;
const OK = response('hello');

/** Servers enough for each thread to have some. */
async function servers(): Promise<RawServer[]> {
  return Promise.all(Array.from({ length: 12 }, (_, i) => rawServer(response('x'.repeat(i + 1)))));
}

/** The built command, told to work with threads. */
async function command(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [BIN, '--threads', '2', ...argv], { env: { ...process.env, ...environment } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await exit;
  return { status, stdout, stderr };
}

describe('threads', () => {
  test.each(['input', 'completion'] as const)('give every URL its own row, in the order of %s', async (order) => {
    const hosts = await servers();
    const urls = Array.from({ length: 600 }, (_, i) => `${hosts[i % hosts.length]?.origin}/${i}`);
    const { results, totals } = await fetchLengths(urls, { threads, order, concurrency: 20 });
    expect(totals).toMatchObject({ urls: 600, ok: 600 });
    const indexes = results.map(({ index }) => index);
    expect(order === 'input' ? indexes : indexes.toSorted((a, b) => a - b)).toEqual([...urls.keys()]);
    for (const row of results) {
      expect(row).toMatchObject({ url: urls[row.index], length: (row.index % hosts.length) + 1, attempts: 1 });
      expect(row.startTime).toBeLessThanOrEqual(row.requestStart as number);
      expect(row.requestStart).toBeLessThanOrEqual(row.responseStart as number);
    }
    // A host's connections are all of one thread, which uses them again for its 50 URLs: no more than are ever in flight.
    for (const { connections } of hosts) expect(connections).toBeLessThanOrEqual(20);
  });

  test('do not take the end of one URL for that of the next, whatever holds the program up', async () => {
    // In a thread of its own: it answers while this one stands still.
    const server = new Worker(
      `const { parentPort } = require('node:worker_threads');
      const server = require('node:http').createServer(({ url }, response) => {
        parentPort.postMessage(url);
        setTimeout(() => response.end('hello'), 50);
      });
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    onTestFinished(async () => void (await server.terminate()));
    const [port] = await once(server, 'message');
    // The time of the first is up, and its answer there, when this thread goes on: the next one has its slot at once.
    server.on('message', (url) => {
      if (url === '/1') setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500));
    });
    const urls = [1, 2, 3].map((i) => `http://127.0.0.1:${port}/${i}`);
    const { results } = await fetchLengths(urls, { threads: 2, concurrency: 1, timeout: 1_000 });
    expect(results.map(({ error }) => error)).toEqual([null, null, null]);
  });

  test('are in flight together no more than the concurrency, and no less', async () => {
    const gate = await gateServer();
    const run = fetchLengths(
      Array.from({ length: 20 }, (_, i) => `${gate.origin}/${i}`),
      { threads, concurrency: 7 },
    );
    await gate.arrived(7);
    gate.release();
    await gate.arrived(7);
    gate.open();
    expect((await run).totals.ok).toBe(20);
    expect(gate.peak).toBe(7);
  });

  test('keep the limit per host together, redirects into it from other threads too', async () => {
    const gate = await gateServer();
    const others = await Promise.all(
      Array.from({ length: 8 }, () => rawServer(response('', [`Location: ${gate.origin}/moved`], '302 Found'))),
    );
    const urls = [...others.map(({ origin }) => origin), ...[1, 2, 3].map((i) => `${gate.origin}/${i}`)];
    const run = fetchLengths(urls, { threads, concurrency: 16, perHost: 2 });
    await gate.arrived(2);
    for (const { requests } of others) while (requests.length < 1) await new Promise(setImmediate);
    gate.open();
    expect((await run).totals.ok).toBe(11);
    expect(gate.peak).toBe(2);
  });

  test('end URLs at their time, with what has come of them', async () => {
    const server = await rawServer((socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel'));
    const { results } = await fetchLengths([server.origin, `http://127.0.0.1:${await deadPort()}/`], {
      threads,
      timeout: 1_000,
      retry: 0,
    });
    expect(results).toMatchObject([
      { status: 200, encodedBodySize: 3, error: { code: 'timeout', cause: null } },
      { error: { code: 'timeout' }, requestStart: null },
    ]);
    await server.allClosed();
  });

  test('know the options that a request needs', async () => {
    const server = await rawServer(OK, 'localhost');
    const proxy = await proxyServer();
    const { results } = await fetchLengths([server.origin], {
      threads,
      cacert: fixturePath('ca.pem'),
      header: ['X-Mine: yes'],
      userAgent: 'me',
      proxy: proxy.origin,
      retry: 0,
    });
    expect(results).toMatchObject([{ state: 'ok', length: 5 }]);
    expect(server.requests[0]).toMatch(/user-agent: me\r\n(.*\r\n)*x-mine: yes/);
    expect(proxy.requests.map(({ line }) => line)).toEqual([`CONNECT localhost:${server.port}`]);
    const direct = await fetchLengths([`https://name.test:${server.port}/`], {
      threads,
      resolve: [`name.test:${server.port}:127.0.0.1`],
      insecure: true,
    });
    expect(direct.results).toMatchObject([{ state: 'ok', length: 5 }]);
  });

  test('leave nothing behind that keeps a program alive', async () => {
    const server = await rawServer(OK);
    const program = `import { fetchLengths } from '${LIBRARY}';
      console.log((await fetchLengths(['${server.origin}'], { threads: 2 })).totals.ok);`;
    const outcome = await new Promise((resolve) => {
      execFile(process.execPath, ['--input-type=module', '-e', program], (error, stdout) => resolve([error, stdout]));
    });
    expect(outcome).toEqual([null, '1\n']);
  });

  test('end with the run when its signal says so', async () => {
    const gate = await gateServer();
    const abort = new AbortController();
    const run = fetchLengths(
      Array.from({ length: 9 }, (_, i) => `${gate.origin}/${i}`),
      { threads, concurrency: 4, signal: abort.signal },
    );
    await gate.arrived(4);
    abort.abort();
    expect((await run).results.map(({ index, error }) => [index, error?.code])).toEqual(
      [0, 1, 2, 3].map((index) => [index, 'aborted']),
    );
  });
});

test('a thread that dies is a failure of the run; what was done is written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // Where the look-up of a name is a bug that nobody catches.
  const probe = join(folder, 'probe.cjs');
  writeFileSync(
    probe,
    `if (!require('node:worker_threads').isMainThread)
      require('node:dns').lookup = () => setImmediate(() => { throw new Error('gone'); });`,
  );
  const server = await rawServer(OK);
  const list = join(folder, 'urls.txt');
  writeFileSync(list, [1, 2, 3].map((i) => `${server.origin}/${i}\n`).join('') + 'http://name.test/\n'.repeat(5));
  const { status, stdout, stderr } = await command(['-c', '1', '-f', 'ndjson', list], {
    NODE_OPTIONS: `--require ${probe}`,
  });
  expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  expect(stderr).toMatch(/^fetch-lengths: 3 URLs: 3 ok.*\nfetch-lengths: a worker thread died: gone\n$/);
  expect(status).toBe(70);
});
