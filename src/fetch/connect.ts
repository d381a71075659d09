import { connect as connectTcp, isIP, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Settings } from '../options.js';
import type { Sight } from '../sight.js';
import { findAddresses } from './addresses.js';
import { type ConnectPhase, connectFailure, connectTimeout, FetchFailure } from './errors.js';
import type { Names } from './names.js';
import type { HttpProxy } from './proxies.js';
import type { Endpoint, Route } from './routes.js';
import type { Sessions } from './sessions.js';
import { openTunnel } from './tunnel.js';

/** How long an address is tried alone before the next one is tried beside it, in milliseconds (RFC 8305, section 5). */
const ATTEMPT_DELAY = 250;

/** Bytes read at a time, and held back where they are not wanted yet. */
const READ_SIZE = 262_144;

/** Of a body that goes nowhere, so that nothing more is kept: a gigabyte takes a quarter less time than in smaller pieces. */
const BULK_READ_SIZE = 1_048_576;

/** Node's own roots, read once: a context for each connection would cost 170 µs. */
let builtIn: SecureContext | undefined;

function builtInRoots(): SecureContext {
  builtIn ??= createSecureContext();
  return builtIn;
}

export type ConnectCallback = (
  ...outcome: [failure: null, socket: Socket] | [failure: FetchFailure, socket: null]
) => void;

/** What all connections of a run share. */
export interface ConnectContext {
  readonly settings: Settings;
  readonly names: Names;
  readonly sessions: Sessions;
  readonly sight: Sight;
}

/** Told of what has come before it goes on; gives whether it will not be looked at again once that is done. */
export type OnBytes = (size: number) => boolean;

/** What is read goes here first, from every socket: Node's own way makes a buffer for each read. */
const bulkBuffer: Buffer = Buffer.allocUnsafeSlow(BULK_READ_SIZE);
const readBuffer: Buffer = bulkBuffer.subarray(0, READ_SIZE);

/** A connection in the making. */
export class Connecting {
  readonly #route: Route;
  readonly #context: ConnectContext;
  readonly #onBytes: OnBytes;
  readonly #done: ConnectCallback;
  readonly #timer: NodeJS.Timeout;
  /** Every socket that may still be open. */
  #sockets: Socket[] = [];
  #addresses: readonly string[] = [];
  #tried = 0;
  #errors: Error[] = [];
  #nextAttempt: NodeJS.Timeout | undefined;
  #phase: ConnectPhase = 'dns';
  /** Whom it is being connected to: the proxy, and later through it the URL's own host. */
  #peer: Endpoint;
  #over = false;

  /** @param done called once, later and within the connect timeout, unless it is cancelled before */
  constructor(route: Route, context: ConnectContext, onBytes: OnBytes, done: ConnectCallback) {
    this.#route = route;
    this.#context = context;
    this.#onBytes = onBytes;
    this.#done = done;
    this.#peer = route.proxy ?? route.endpoint;
    this.#timer = setTimeout(expire, context.settings.connectTimeout, this);
    this.#lookUp();
  }

  /** Leaves no socket behind. */
  cancel(): void {
    if (this.#end()) this.#destroySockets();
  }

  expire(): void {
    this.#fail(connectTimeout(this.#phase, this.#peer, this.#context.settings.connectTimeout));
  }

  /** It leads through a tunnel, in which there may be TLS once more. */
  get #tunnels(): boolean {
    return this.#route.proxy !== null && !this.#route.toProxy;
  }

  #lookUp(): void {
    const { settings, names } = this.#context;
    findAddresses(this.#peer, settings, names, (error, addresses) => {
      if (this.#over) return;
      if (error !== null) {
        // Later, because it may be known at once.
        setImmediate(() => this.#failBy(error));
        return;
      }
      this.#phase = 'connect';
      this.#addresses = addresses;
      this.#tryNext();
    });
  }

  /** Tries the next address; two at most are tried side by side, the first that takes the connection has it. */
  #tryNext(): void {
    clearTimeout(this.#nextAttempt);
    const address = this.#addresses[this.#tried];
    if (address === undefined || this.#over) return;
    this.#tried++;
    const oldest = this.#sockets.length < 2 ? undefined : this.#sockets.shift();
    if (oldest !== undefined) {
      oldest.destroy();
      const given = this.#addresses[this.#tried - 3];
      this.#errors.push(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT', address: given }));
    }
    const socket = this.#openSocket(address);
    this.#sockets.push(socket);
    socket.once('connect', () => this.#onConnect(socket)).on('error', (error) => this.#onError(socket, error));
    if (this.#tried < this.#addresses.length) {
      this.#nextAttempt = setTimeout(() => this.#tryNext(), ATTEMPT_DELAY);
    }
  }

  #openSocket(address: string): Socket {
    const { port } = this.#peer;
    let bulk = false;
    const onread = {
      buffer: () => (bulk ? bulkBuffer : readBuffer),
      callback: (size: number) => {
        bulk = this.#onBytes(size);
        return passOn(socket, size, bulk);
      },
    };
    // A tunnel's TLS reads for itself. No spread: this is done for every connection.
    const options = this.#tunnels
      ? { host: address, port, noDelay: true, highWaterMark: READ_SIZE }
      : { host: address, port, noDelay: true, highWaterMark: READ_SIZE, onread };
    const socket: Socket = this.#peer.tls ? connectTls({ ...options, ...this.#tlsOptions() }) : connectTcp(options);
    // Node forgets `noDelay` with TLS: the request would wait until the handshake's last message is acknowledged.
    if (this.#peer.tls) socket.setNoDelay(true);
    return socket;
  }

  #onConnect(socket: Socket): void {
    clearTimeout(this.#nextAttempt);
    this.#tried = this.#addresses.length;
    for (const other of this.#sockets) if (other !== socket) other.destroy();
    this.#sockets = [socket];
    if (this.#peer.tls) this.#awaitHandshake(socket as TLSSocket);
    else this.#onOpen(socket);
  }

  #onError(socket: Socket, error: Error): void {
    // What befalls the tunnel, who opens it tells.
    if (this.#over || this.#phase === 'tunnel') return;
    if (this.#phase !== 'connect') {
      this.#failBy(error);
      return;
    }
    this.#errors.push(error);
    this.#sockets = this.#sockets.filter((other) => other !== socket);
    if (this.#errors.length < this.#addresses.length) this.#tryNext();
    else this.#failBy(new AggregateError(this.#errors));
  }

  #tlsOptions(): ConnectionOptions {
    const { settings, sessions } = this.#context;
    // A name without its last dot (RFC 6066, section 3).
    const host = this.#peer.host.replace(/\.$/, '');
    const session = this.#peer === this.#route.endpoint ? sessions.get(this.#route.key) : undefined;
    return {
      servername: isIP(host) === 0 ? host : '',
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      ALPNProtocols: ['http/1.1'],
      // A proxy must always prove who it is.
      rejectUnauthorized: !settings.insecure || this.#peer !== this.#route.endpoint,
      secureContext: settings.secureContext ?? builtInRoots(),
      ...(session !== undefined && { session }),
    };
  }

  #awaitHandshake(socket: TLSSocket): void {
    this.#phase = 'tls';
    const { sight, sessions } = this.#context;
    const { key, origin } = this.#route;
    socket.once('secureConnect', () => this.#onOpen(socket));
    // Others of the same host will follow. Never a proxy's: who resumes a session asks for no certificate any more, and
    // the proxy could speak for every host behind it.
    if (this.#peer === this.#route.endpoint && sight.has(origin)) {
      socket.on('session', (session: Buffer) => sessions.set(key, session));
    }
  }

  #onOpen(socket: Socket): void {
    if (this.#tunnels && this.#peer !== this.#route.endpoint) void this.#goThrough(socket);
    else if (this.#end()) this.#done(null, socket);
  }

  /** Has the proxy open a tunnel, and shakes hands with the URL's own host through it. */
  async #goThrough(socket: Socket): Promise<void> {
    this.#phase = 'tunnel';
    const { endpoint, proxy } = this.#route;
    try {
      await openTunnel(socket, proxy as HttpProxy, endpoint);
    } catch (error) {
      this.#failBy(error as Error);
      return;
    }
    if (this.#over) return;
    this.#peer = endpoint;
    const options = { socket, highWaterMark: READ_SIZE, ...this.#tlsOptions() };
    const secure = connectTls(options);
    secure.on('readable', () => this.#onBytes(0)).on('error', (error) => this.#onError(secure, error));
    this.#sockets.push(secure);
    this.#awaitHandshake(secure);
  }

  #failBy(error: Error): void {
    this.#fail(connectFailure(error, this.#phase, this.#peer));
  }

  #fail(failure: FetchFailure): void {
    if (!this.#end()) return;
    this.#destroySockets();
    const { proxy } = this.#route;
    this.#done(proxy !== null && this.#peer === proxy ? byProxy(failure) : failure, null);
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Gives false if it was over before. */
  #end(): boolean {
    const first = !this.#over;
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#nextAttempt);
    return first;
  }
}

function expire(connecting: Connecting): void {
  connecting.expire();
}

/** The connection to the proxy failed: nothing is known of the URL's own host. */
function byProxy({ code, systemCode, message }: FetchFailure): FetchFailure {
  return new FetchFailure('proxy', systemCode, code === 'proxy' ? message : `the proxy cannot be used: ${message}`);
}

/**
 * Passes on what has come. Nothing may be left in the buffer that all sockets share: a copy is passed on, or what undici
 * makes use of at once.
 */
function passOn(socket: Socket, size: number, bulk: boolean): boolean {
  if (!bulk || socket.readableLength > 0) {
    const copy = Buffer.allocUnsafe(size);
    bulkBuffer.copy(copy, 0, 0, size);
    return socket.push(copy);
  }
  socket.push(bulkBuffer.subarray(0, size));
  socket.emit('readable');
  if (socket.readableLength > 0) socket.destroy(new Error('a body was not read at once'));
  return true;
}
