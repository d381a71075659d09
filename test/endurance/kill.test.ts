import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FetchResult } from '../../src/types.js';
import { BIN } from '../helpers/cli.js';
import { Random } from './random.js';

const SEED = Number(process.env['SEED'] ?? 9112);

const RUNS = 100;
const URLS = 500;

/** Most kills of one run, so that it comes to its end. */
const MAX_KILLS = 4;

/** A web site that notes what it is asked for; every tenth page fails when it is asked for the first time. */
class Site {
  readonly asked: number[] = [];
  /** Called with the number of requests since `asked` was emptied. */
  onRequest: (count: number) => void = () => {};
  readonly #failed = new Set<number>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    onTestFinished(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const index = Number(request.url?.slice(1));
    this.asked.push(index);
    this.onRequest(this.asked.length);
    if (index % 10 === 3 && !this.#failed.has(index)) {
      this.#failed.add(index);
      request.socket.resetAndDestroy();
      return;
    }
    // So that rows come in many batches, and not in the order of the list.
    setTimeout(() => response.end('x'.repeat(index)), 1 + ((index * 7) % 40));
  }
}

/** The rows that need no further try in what a file has, whole lines only. */
function wholeRows(file: string): FetchResult[] {
  if (!existsSync(file)) return [];
  const rows: FetchResult[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    try {
      rows.push(JSON.parse(line) as FetchResult);
    } catch {
      // Torn.
    }
  }
  return rows.filter(({ state }) => state !== 'failed');
}

test(`${RUNS} runs of ${URLS} URLs, killed and resumed until done, have one right row for each`, async () => {
  const random = new Random(SEED);
  let kills = 0;
  let torn = 0;
  for (let run = 0; run < RUNS; run++) {
    const site = new Site();
    const origin = await site.open();
    const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [list, output] = [join(folder, 'urls.txt'), join(folder, 'rows.ndjson')];
    writeFileSync(list, Array.from({ length: URLS }, (_, i) => `${origin}/${i}\n`).join(''));
    const order = random.chance(0.5) ? 'input' : 'completion';
    const start = (): ChildProcess =>
      spawn(process.execPath, [
        BIN,
        '--resume',
        '-f',
        'ndjson',
        '-q',
        '--retry',
        '0',
        '--order',
        order,
        '-o',
        output,
        list,
      ]);

    for (let status: number | null = null, killed = 0; status !== 0; ) {
      const whole = new Set(wholeRows(output).map(({ index }) => index));
      site.asked.length = 0;
      const child = start();
      if (killed < MAX_KILLS) {
        killed++;
        // In the middle of the requests, or at any time from the start of the process on.
        const [after, time] = [1 + random.below(URLS), random.below(1_000)];
        if (random.chance(0.7)) site.onRequest = (count) => count === after && child.kill('SIGKILL');
        else setTimeout(() => child.kill('SIGKILL'), time);
      } else site.onRequest = () => {};
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      status = code;
      if (signal !== null) {
        kills++;
        // A process writes whole lines; that a machine that loses its power leaves others is played here.
        if (random.chance(0.5) && existsSync(output)) {
          truncateSync(output, Math.max(0, statSync(output).size - random.below(2_000)));
          torn++;
        }
      }
      expect(site.asked.filter((index) => whole.has(index))).toEqual([]);
    }

    const rows = readFileSync(output, 'utf8').split('\n');
    expect(rows.pop()).toBe('');
    const found = rows.map((line) => JSON.parse(line) as FetchResult).toSorted((a, b) => a.index - b.index);
    expect(found.map(({ index, url, state, length }) => [index, url, state, length])).toEqual(
      Array.from({ length: URLS }, (_, i) => [i, `${origin}/${i}`, 'ok', i]),
    );
  }
  console.log(`${RUNS} runs, ${kills} kills survived, ${torn} of them with a torn end`);
  expect(kills).toBeGreaterThan(RUNS);
  // On a busy machine more of the kills come in time, and each costs a start.
}, 1_800_000);
