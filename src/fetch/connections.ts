import type { Socket } from 'node:net';
import { Client } from 'undici';
import type { Settings } from '../options.js';
import { connect, endpointOf } from './connect.js';

/** Idle connections are kept for as many as may be in flight, and for a few hosts that redirect to each other. */
const MIN_IDLE = 16;

/** A server's promise to keep an idle connection is believed for at most a minute, in milliseconds. */
const KEEP_ALIVE_MAX = 60_000;

/** RFC 9112 sets no limit on a response's head; more than this is no answer but an attack. */
const MAX_HEAD_BYTES = 65_536;

/**
 * One connection to one origin, for one request at a time: no request waits behind another, and what fails one cannot
 * fail another. (A server that answers twice can still answer its own next request before it is asked.)
 */
export class Connection {
  readonly origin: string;
  readonly client: Client;
  /** A request was answered on it before: it may have been closed in the meantime. */
  reused = false;
  /** Who reads the body that is being held back. */
  heldBack: { resume(): void } | null = null;
  #socket: Socket | null = null;
  #connected = false;
  #reset = false;

  constructor(url: URL, settings: Settings) {
    this.origin = url.origin;
    const endpoint = endpointOf(url);
    this.client = new Client(url.origin, {
      // The deadlines are those of the whole URL, kept by the fetcher.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX,
      maxHeaderSize: MAX_HEAD_BYTES,
      allowH2: false,
      connect: (_options, callback) => {
        const socket = connect(endpoint, settings, (...outcome) => {
          this.#connected = outcome[0] === null;
          callback(...outcome);
        });
        this.#socket = socket;
        this.#connected = false;
        this.#reset = false;
        this.#watch(socket);
      },
    });
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
    socket
      .once('end', () => {
        if (socket !== this.#socket) return;
        // A reset that comes together with data is to libuv an end like any other, but it leaves no peer behind.
        this.#reset = socket.remoteAddress === undefined;
        // All has been read. undici asserts that nothing is held back now, with an error that nobody could catch.
        this.heldBack?.resume();
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        if (socket !== this.#socket || !this.#connected || error.code !== 'ECONNRESET') return;
        this.#reset = true;
        // undici takes this code in a body without a declared end for that end. `errno` still says what it was.
        delete error.code;
      });
  }

  /** Ends the connection, made or still in the making; a request that waits for it fails with `reason`. */
  destroy(reason: Error): void {
    this.client.destroy(reason, () => {});
    // undici knows the socket only once it is connected; from then on it must be undici that ends it.
    if (!this.#connected) this.#socket?.destroy();
  }
}

/** The connections of a run: those in use belong to their requests, the idle ones wait here by origin. */
export class Connections {
  readonly #settings: Settings;
  readonly #maxIdle: number;
  readonly #idle = new Map<string, Connection[]>();
  #idleCount = 0;
  #closed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#maxIdle = Math.max(settings.concurrency, MIN_IDLE);
  }

  /** A connection for one request to `url`: an idle one, the latest used first, or with `fresh` always a new one. */
  acquire(url: URL, fresh = false): Connection {
    const idle = this.#idle.get(url.origin);
    while (!fresh && idle !== undefined) {
      const connection = idle.pop();
      if (connection === undefined) break;
      this.#idleCount--;
      if (connection.closed) continue;
      connection.reused = true;
      return connection;
    }
    return new Connection(url, this.#settings);
  }

  /** Takes a connection back once its request is over, to keep it if it is still open. */
  release(connection: Connection): void {
    connection.heldBack = null;
    if (this.#closed) {
      connection.destroy(new Error('the run is over'));
      return;
    }
    const idle = this.#idle.get(connection.origin);
    if (connection.closed) {
      // The list may have become empty, and lists must not add up with the hosts seen.
      if (idle?.length === 0) this.#idle.delete(connection.origin);
      return;
    }
    if (idle === undefined) this.#idle.set(connection.origin, [connection]);
    else idle.push(connection);
    if (++this.#idleCount > this.#maxIdle) this.#dropOldest();
  }

  /** Ends the idle connections, and those that are still in use when they are released. */
  close(): void {
    this.#closed = true;
    while (this.#idleCount > 0) this.#dropOldest();
  }

  #dropOldest(): void {
    for (const [origin, idle] of this.#idle) {
      const connection = idle.shift();
      if (idle.length === 0) this.#idle.delete(origin);
      if (connection === undefined) continue;
      this.#idleCount--;
      connection.destroy(new Error('idle'));
      return;
    }
  }
}
