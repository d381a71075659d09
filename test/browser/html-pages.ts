import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { reporters } from '../../src/reporters/index.js';
import type { FetchResult } from '../../src/types.js';
import { BIN } from '../helpers/cli.js';
import { answered, runOf, textOf } from '../helpers/rows.js';

/** A site whose paths say what they answer: `/404`, or `/1234` for so many bytes. */
export async function startSite(): Promise<{ readonly origin: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const number = Number(request.url?.slice(1).split('?')[0]);
    if (number === 404) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end('.'.repeat(number));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** What the built command makes of a list. */
export async function fetchToPage(path: string, list: string, ...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [BIN, '-f', 'html', '-q', '-o', path, ...args], {
    stdio: ['pipe', 'inherit', 'pipe'],
    env: { ...process.env, NO_PROXY: '*' },
  });
  child.stdin.end(list);
  const exit = once(child, 'close');
  const complaints = await text(child.stderr);
  const [status] = await exit;
  if (complaints !== '' || status > 1) throw new Error(`exit ${status}: ${complaints}`);
}

/** A page of many rows, which no server has to be asked for. */
export async function writeLargePage(folder: string, count: number): Promise<string> {
  const rows = Array.from(
    { length: count },
    (_, index): FetchResult =>
      answered({
        index,
        url: `https://host-${index % 997}.example/a/path/to/${index}`,
        length: (index * 7919) % 1_000_003,
        startTime: Math.floor(index / 16) * 50,
        requestStart: Math.floor(index / 16) * 50 + 5,
        responseStart: Math.floor(index / 16) * 50 + 40,
        duration: 45 + (index % 5),
      }),
  );
  const path = join(folder, 'large.html');
  writeFileSync(
    path,
    await textOf(reporters.html.report(runOf(rows, { duration: (count / 16) * 50 }), { colour: false, width: null })),
  );
  return path;
}
