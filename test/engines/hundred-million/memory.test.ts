import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostSizes } from '../../../bench/workloads/skew.mjs';
import { partOf } from '../../../src/shard.js';
import { BIN } from '../../helpers/cli.js';
import { environment } from '../../helpers/programs.js';
import { inNoOrder } from './orders.js';

/** A part of 100,000 URLs; `npm run bench -- part` has 1,000,000. */
const PART = { hosts: 5_000, urls: 100_000, largest: 10_000 };

/** Of how many parts the list is, the second ten times as long as the first. */
const SHORT = 2;
const LONG = 20;

/**
 * What the heap may hold, in megabytes: up to 65,536 URLs that wait for their host take half a kB each. Where there is more
 * room V8 takes some times as much before it clears away.
 */
const HEAP = 160;

/** What a machine must have for the command, in bytes. */
const MOST_MEMORY = 250e6;

/** What two runs may differ by, in bytes. The long list has 58 million, and lines of it that wait may not keep the others. */
const NOISE = 25e6;

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

const open = new Set<Socket>();
let server: Server;
let port: number;
let folder: string;
let probe: string;

beforeAll(async () => {
  server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
    socket.on('data', () => socket.write(OK));
  });
  server.listen(0, '0.0.0.0', 4096);
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  probe = join(folder, 'probe.cjs');
  // Not what wait4 tells: that is also what this process had when it started the other.
  writeFileSync(
    probe,
    `process.on('exit', () => {
      console.error(1024 * /VmHWM:\\s+(\\d+) kB/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1]);
    });`,
  );
});

afterAll(() => {
  for (const socket of open) socket.destroy();
  server?.close();
  rmSync(folder, { recursive: true });
});

test('the memory of a part does not depend on the length of the whole list', async () => {
  const short = await run(SHORT);
  const long = await run(LONG);
  console.log(
    `${PART.urls} URLs of ${PART.hosts} hosts in a heap of ${HEAP} MB: peak RSS ${megabytes(short)}`,
    `of a list of ${SHORT * PART.urls}, ${megabytes(long)} of one of ${LONG * PART.urls}`,
  );
  expect(Math.max(short, long)).toBeLessThan(MOST_MEMORY);
  expect(long - short).toBeLessThan(NOISE);
});

/** Fetches the first of so many parts, the same one for all numbers; gives its peak RSS in bytes. */
async function run(parts: number): Promise<number> {
  const list = join(folder, `${parts}.txt`);
  const output = join(folder, `${parts}.ndjson`);
  writeFileSync(list, listOf(parts));
  const argv = ['-f', 'ndjson', '--shard', `1/${parts}`, '--per-host', '2', '-c', '64', '-o', output, list];
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, '--require', probe, BIN, ...argv], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect([status, stderr.includes(`${PART.urls} URLs: ${PART.urls} ok`)], stderr).toEqual([0, true]);
  expect(readFileSync(output, 'utf8').split('\n').length - 1).toBe(PART.urls);
  return Number(stderr.trimEnd().split('\n').at(-1));
}

/** A list in no order, whose first part is always the same, and whose others have together as many URLs each. */
function listOf(parts: number): string {
  const sizes = hostSizes(PART);
  const own: string[] = [];
  const others: string[] = [];
  for (let i = 0; own.length < sizes.length || others.length < sizes.length; i++) {
    const host = `127.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    const isOwn = partOf({ index: i, url: `http://${host}/`, flaw: null }, LONG, 'host') === 1;
    if (isOwn) own.push(host);
    // Of no first part, whatever the number of parts: what is odd is that in all.
    else if (partOf({ index: i, url: `http://${host}/`, flaw: null }, SHORT, 'host') !== 1) others.push(host);
  }
  const lines: string[] = [];
  for (let part = 0; part < parts; part++) {
    sizes.forEach((size, i) => {
      const host = (part === 0 ? own : others)[i];
      for (let n = 0; n < size; n++) lines.push(`http://${host}:${port}/${part}/${n}`);
    });
  }
  return Array.from(inNoOrder(Uint32Array.from(lines.keys()), 1), (i) => lines[i]).join('\n');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
