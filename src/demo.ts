import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How long each page takes, in milliseconds. */
const DELAY = 500;

/** A page for each letter; its size in bytes never changes. */
const PAGES: ReadonlyMap<string, number> = new Map(
  Array.from('abcdefghijklmnopqrstuvwxyz', (letter, i) => [`/${letter}`, 1_000 + 1_987 * ((i * 11) % 26)]),
);

export interface DemoSite {
  readonly urls: readonly string[];
  readonly close: () => void;
}

/** Starts a small web site on a free port of this machine: 26 pages of half a second each. */
export async function startDemoSite(): Promise<DemoSite> {
  const server = createServer((request, response) => {
    const size = PAGES.get(request.url ?? '');
    setTimeout(() => {
      if (size === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': 'text/plain', 'content-length': size }).end('.'.repeat(size));
    }, DELAY);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    urls: [...PAGES.keys()].map((path) => `http://127.0.0.1:${port}${path}`),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
