import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BIN } from '../helpers/cli.js';

/** What the heap may hold, in megabytes: less than 14 are needed, 24,000 rows would be 10 more. */
const HEAP = 18;

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

/** A server on every address of loopback that answers all but /silent; gives its port. */
async function everywhere(): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
    socket.on('data', (bytes) => {
      if (!bytes.includes('/silent')) socket.write(OK);
    });
  });
  server.listen(0, '0.0.0.0', 4096);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The built command over a list, in a small heap; gives its processor time in milliseconds. */
async function run(urls: string[], ...argv: string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const list = join(folder, 'urls.txt');
  writeFileSync(list, urls.join('\n'));
  const probe = join(folder, 'probe.cjs');
  writeFileSync(
    probe,
    `process.on('exit', () => {
      const { userCPUTime, systemCPUTime } = process.resourceUsage();
      console.error((userCPUTime + systemCPUTime) / 1000);
    });`,
  );
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP}`, '--require', probe, BIN, '-o', '/dev/null', '--exit-zero', ...argv, list],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect([status, stderr.includes(`${urls.length} URLs: `)], stderr).toEqual([0, true]);
  return Number(stderr.trimEnd().split('\n').at(-1));
}

/** One for each of so many hosts. */
const hosts = (count: number, port: number): string[] =>
  Array.from({ length: count }, (_, i) => `http://127.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}:${port}/`);

describe('a list takes no more memory, and no more time for each URL, for being long', () => {
  test('of one host', async () => {
    const port = await everywhere();
    const urls = Array.from({ length: 24_000 }, (_, i) => `http://127.0.0.1:${port}/${i}`);
    const few = await run(urls.slice(0, 6_000), '-c', '64', '-f', 'ndjson');
    const many = await run(urls, '-c', '64', '-f', 'ndjson');
    // Four times as many, on a machine that may be busy; what grows with the square would take sixteen times as long.
    expect(many / few).toBeLessThan(6);
  });

  test('of many hosts', async () => {
    const port = await everywhere();
    const few = await run(hosts(800, port), '-c', '64', '-f', 'ndjson');
    const many = await run(hosts(3_200, port), '-c', '64', '-f', 'ndjson');
    expect(many / few).toBeLessThan(6);
  });

  test.each(['json', 'html'])('as one whole of %s', async (format) => {
    const port = await everywhere();
    const urls = Array.from({ length: 12_000 }, (_, i) => `http://127.0.0.1:${port}/${i}`);
    await run(urls, '-c', '64', '-f', format);
  });

  test('of lines that are no URLs', async () => {
    await run(
      Array.from({ length: 80_000 }, (_, i) => `no URL ${i}`),
      '-f',
      'csv',
    );
  });

  test('of which every tenth URL hangs until its deadline', async () => {
    const port = await everywhere();
    const urls = hosts(1_000, port).map((url, i) => (i % 10 === 0 ? `${url}silent` : url));
    await run(urls, '-c', '64', '-t', '250ms', '-f', 'ndjson');
  });
});
