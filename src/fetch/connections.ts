import type { Socket } from 'node:net';
import { Client } from 'undici';
import type { Settings } from '../options.js';
import { Connecting } from './connect.js';
import { MAX_HEAD_BYTES } from './head.js';
import type { Route } from './routes.js';

/** A server's promise to keep an idle connection is believed for at most a minute, in milliseconds. */
const KEEP_ALIVE_MAX = 60_000;

/**
 * One connection, for one request at a time: no request waits behind another, and what fails one cannot
 * fail another. (A server that answers twice can still answer its own next request before it is asked.)
 */
export class Connection {
  /** Its route's. */
  readonly key: string;
  readonly client: Client;
  /** A request was answered on it before: it may have been closed in the meantime. */
  reused = false;
  /** Who reads the body that is being held back. */
  heldBack: { resume(): void } | null = null;
  /** Told before undici sees what has come, with how many bytes that are by now. */
  onBytes: ((bytesRead: number) => void) | null = null;
  #connecting: Connecting | null = null;
  #socket: Socket | null = null;
  #reset = false;

  constructor(route: Route, settings: Settings) {
    this.key = route.key;
    this.client = new Client(route.toProxy && route.proxy !== null ? route.proxy.origin : route.url.origin, {
      // The deadlines are those of the whole URL, kept by the flight.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX,
      maxHeaderSize: MAX_HEAD_BYTES,
      allowH2: false,
      connect: (_options, callback) => {
        this.#connecting = new Connecting(route, settings, (...outcome) => {
          this.#connecting = null;
          const [failure, socket] = outcome;
          if (failure === null) this.#watch(socket);
          callback(...outcome);
        });
      },
    });
  }

  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  /** The other side has ended the connection, or reset it. */
  get ended(): boolean {
    return this.#socket?.readableEnded ?? false;
  }

  /** The other side has reset the connection. */
  get reset(): boolean {
    return this.#reset;
  }

  get closed(): boolean {
    return this.#socket === null || this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Sees an end and an error before undici does, which would make something wrong of some. */
  #watch(socket: Socket): void {
    this.#socket = socket;
    socket
      .on('readable', () => this.onBytes?.(socket.bytesRead))
      .once('end', () => {
        // A reset that comes together with data is to libuv an end like any other, but it leaves no peer behind.
        this.#reset = socket.remoteAddress === undefined;
        // All has been read. undici asserts that nothing is held back now, with an error that nobody could catch.
        this.heldBack?.resume();
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET') return;
        this.#reset = true;
        // undici takes this code in a body without a declared end for that end. `errno` still says what it was.
        delete error.code;
      });
  }

  /** Ends the connection, made or still in the making; a request that waits for it fails with `reason`. */
  destroy(reason: Error): void {
    this.client.destroy(reason, () => {});
    // undici knows the socket only once it is connected; from then on it must be undici that ends it.
    this.#connecting?.cancel();
  }
}

/** The connections of a run: those in use belong to their requests, the idle ones wait here by their routes' keys. */
export class Connections {
  readonly #settings: Settings;
  readonly #idle = new Map<string, Connection[]>();
  #idleCount = 0;
  #inUse = 0;
  #closed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** A connection for one request: an idle one, the latest used first, or with `fresh` always a new one. */
  acquire(route: Route, fresh = false): Connection {
    this.#inUse++;
    const idle = this.#idle.get(route.key);
    while (!fresh && idle !== undefined) {
      const connection = idle.pop();
      if (connection === undefined) break;
      this.#idleCount--;
      if (connection.closed) continue;
      connection.reused = true;
      return connection;
    }
    this.#dropSurplus();
    return new Connection(route, this.#settings);
  }

  /** Takes a connection back once its request is over, to keep it if it is still open. */
  release(connection: Connection): void {
    this.#inUse--;
    connection.heldBack = null;
    connection.onBytes = null;
    if (this.#closed) {
      connection.destroy(new Error('the run is over'));
      return;
    }
    const idle = this.#idle.get(connection.key);
    if (connection.closed) {
      // undici keeps an aborted request in its queue, and would connect once more for it.
      connection.destroy(new Error('closed'));
      // The list may have become empty, and lists must not add up with the hosts seen.
      if (idle?.length === 0) this.#idle.delete(connection.key);
      return;
    }
    if (idle === undefined) this.#idle.set(connection.key, [connection]);
    else idle.push(connection);
    this.#idleCount++;
    this.#dropSurplus();
  }

  /** Ends the idle connections, and those that are still in use when they are released. */
  close(): void {
    this.#closed = true;
    while (this.#idleCount > 0) this.#dropOldest();
  }

  #dropSurplus(): void {
    while (this.#idleCount > 0 && this.#inUse + this.#idleCount > this.#settings.maxConnections) this.#dropOldest();
  }

  #dropOldest(): void {
    for (const [key, idle] of this.#idle) {
      const connection = idle.shift();
      if (idle.length === 0) this.#idle.delete(key);
      if (connection === undefined) continue;
      this.#idleCount--;
      connection.destroy(new Error('idle'));
      return;
    }
  }
}
