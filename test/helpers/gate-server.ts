import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface GateServer {
  readonly origin: string;
  /** Requests that wait at the gate. */
  readonly waiting: number;
  /** Most that ever waited at once. */
  readonly peak: number;
  /** The paths asked for, in their order. */
  readonly paths: readonly string[];
  /** Resolves once so many wait. */
  arrived(count: number): Promise<void>;
  /** Answers the request that has waited longest, or the one for `path`; its body is its path. */
  release(path?: string): void;
  /** Answers whatever waits, and from now on at once. */
  open(): void;
}

/** A server that holds every answer back until the test lets it go: what is in flight is counted, not guessed. */
export async function gateServer(): Promise<GateServer> {
  const held: { readonly path: string; readonly response: ServerResponse }[] = [];
  const paths: string[] = [];
  let peak = 0;
  let isOpen = false;
  let awaited: { readonly count: number; readonly resolve: () => void } | null = null;

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    paths.push(path);
    held.push({ path, response });
    peak = Math.max(peak, held.length);
    if (awaited !== null && held.length >= awaited.count) awaited.resolve();
    if (isOpen) release();
  });
  const release = (path?: string): void => {
    const place = path === undefined ? 0 : held.findIndex((one) => one.path === path);
    const [released] = held.splice(place, 1);
    if (released === undefined) throw new Error('nothing waits at the gate');
    released.response.end(released.path);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get waiting() {
      return held.length;
    },
    get peak() {
      return peak;
    },
    paths,
    arrived: (count) =>
      new Promise((resolve) => {
        awaited = { count, resolve };
        if (held.length >= count) resolve();
      }),
    release,
    open: () => {
      isOpen = true;
      while (held.length > 0) release();
    },
  };
}
