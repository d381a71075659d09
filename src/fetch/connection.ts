import type { Socket } from 'node:net';
// This alone: all of undici takes four times as long to load, which is a third of what one URL takes.
import Client from 'undici/lib/dispatcher/client.js';
import { type ConnectCallback, type ConnectContext, Connecting } from './connect.js';
import type { Exchange } from './exchange.js';
import { MAX_HEAD_BYTES } from './head.js';
import type { Route } from './routes.js';

/** A server's promise to keep an idle connection is believed for at most a minute, in milliseconds. */
const KEEP_ALIVE_MAX = 60_000;

/** undici wants to know an origin. It is nobody's: every request names its host, and `connect` knows where it leads. */
const NO_ORIGIN = 'http://connection.invalid';

/**
 * The end of a connection that nobody needs any more: by its code undici knows that nothing has gone wrong. One for all,
 * because to make an error costs more than to close.
 */
const UNUSED: Error = Object.assign(new Error('unused'), { code: 'UND_ERR_INFO' });

/** What undici is to send. */
export interface DispatchOptions {
  /** Of no use, but undici would look for one in every `Host` field. */
  readonly servername: string;
  readonly path: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers: string[];
}

/**
 * One connection, for one request at a time: no request waits behind another, and what fails one cannot fail another.
 * (A server that answers twice can still answer its own next request before it is asked.)
 *
 * When it is closed, and undici has nothing left of what went over it, it may be made anew along another route: to make
 * an undici client costs as much as to connect one.
 */
export class Connection {
  route: Route;
  /** Kept by whoever gives it out. */
  state: 'busy' | 'idle' | 'closing' | 'spare' = 'busy';
  /** A request was answered on it before: it may have been closed in the meantime. */
  reused = false;
  readonly #client: Client;
  readonly #context: ConnectContext;
  /** Whose request it carries. */
  #exchange: Exchange | null = null;
  #connecting: Connecting | null = null;
  #socket: Socket | null = null;
  #reset = false;

  /** @param onClosed called when it is closed and could be made anew */
  constructor(route: Route, context: ConnectContext, onClosed: (connection: Connection) => void) {
    this.route = route;
    this.#context = context;
    this.#client = new Client(NO_ORIGIN, {
      // The deadlines are those of the whole URL, kept by the flight.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX,
      maxHeaderSize: MAX_HEAD_BYTES,
      connect: (_options, callback) => this.#connect(callback),
    });
    this.#client.on('disconnect', () => {
      this.#socket = null;
      if (this.#client.stats.size === 0) onClosed(this);
    });
  }

  /** What undici has taken: not what waits for it because a body is held back. */
  get bytesTaken(): number {
    return this.#socket === null ? 0 : this.#socket.bytesRead - this.#socket.readableLength;
  }

  /** The other side has ended the connection, or reset it. */
  get ended(): boolean {
    return this.#socket?.readableEnded ?? false;
  }

  /** The other side has reset the connection. */
  get reset(): boolean {
    return this.#reset;
  }

  /** There is no connection at all. */
  get closed(): boolean {
    return this.#socket === null;
  }

  /** A request could go over it. */
  get open(): boolean {
    return this.#socket !== null && !this.#socket.destroyed && !this.#socket.readableEnded;
  }

  /** Makes it ready to be connected along another route. */
  turnTo(route: Route): void {
    this.route = route;
    this.state = 'busy';
    this.reused = false;
  }

  /** Connects it if need be, and sends a request. */
  dispatch(options: DispatchOptions, exchange: Exchange): void {
    this.#exchange = exchange;
    this.#client.dispatch(options, exchange);
  }

  /** Its request is over. */
  free(): void {
    this.#exchange = null;
  }

  /** Closes it; it can be made anew. */
  close(): void {
    this.#socket?.destroy(UNUSED);
  }

  /** Ends it for good, made or still in the making; a request that waits for it fails with `reason`. */
  destroy(reason: Error = UNUSED): void {
    this.#client.destroy(reason, () => {});
    // undici knows the socket only once it is connected; from then on it must be undici that ends it.
    this.#connecting?.cancel();
  }

  #connect(callback: ConnectCallback): void {
    const onBytes = (size: number): boolean => this.#exchange?.onBytes(size) ?? false;
    this.#connecting = new Connecting(this.route, this.#context, onBytes, (failure, socket) => {
      this.#connecting = null;
      if (failure === null) {
        this.#watch(socket);
        callback(null, socket);
      } else {
        callback(failure, null);
      }
    });
  }

  /** Sees an end and an error before undici does, which would make something wrong of some. */
  #watch(socket: Socket): void {
    this.#socket = socket;
    // undici may connect once more for a request that the last one ended before.
    this.#reset = false;
    socket
      .once('end', () => {
        // A reset that comes together with data is to libuv an end like any other, but it leaves no peer behind.
        this.#reset = socket.remoteAddress === undefined;
        // All has been read. undici asserts that nothing is held back now, with an error that nobody could catch.
        this.#exchange?.readOn();
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET') return;
        this.#reset = true;
        // undici takes this code in a body without a declared end for that end. `errno` still says what it was.
        delete error.code;
      });
  }
}
