import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { Settings } from '../options.js';
import { lookUp } from './addresses.js';
import { type ConnectPhase, connectFailure, connectTimeout, FetchFailure } from './errors.js';
import { type Endpoint, endpointOf, type Route } from './routes.js';

/** How long an address is tried alone before the next one is tried beside it, in milliseconds (RFC 8305, section 5). */
const ATTEMPT_DELAY = 250;

const READ_SIZE = 65_536;

/** Node's own roots, read once: a context for each connection would cost 170 µs. */
let builtIn: SecureContext | undefined;

function builtInRoots(): SecureContext {
  builtIn ??= createSecureContext();
  return builtIn;
}

export type ConnectCallback = (
  ...outcome: [failure: null, socket: Socket] | [failure: FetchFailure, socket: null]
) => void;

/** A connection in the making. */
export class Connecting {
  readonly #route: Route;
  readonly #settings: Settings;
  readonly #done: ConnectCallback;
  readonly #timer: NodeJS.Timeout;
  /** Every socket that may still be open. */
  #sockets: Socket[] = [];
  #nextAttempt: NodeJS.Timeout | undefined;
  #phase: ConnectPhase = 'dns';
  /** Whom it is being connected to: the proxy, and later through it the URL's own host. */
  #peer: Endpoint;
  #over = false;

  /** @param done called once, within the connect timeout, unless it is cancelled before */
  constructor(route: Route, settings: Settings, done: ConnectCallback) {
    this.#route = route;
    this.#settings = settings;
    this.#done = done;
    this.#peer = route.proxy ?? endpointOf(route.url);
    this.#timer = setTimeout(() => this.#expire(), settings.connectTimeout);
    this.#open().then(
      (socket) => this.#end() && done(null, socket),
      (error: Error) => this.#fail(connectFailure(error, this.#phase, this.#peer)),
    );
  }

  /** Leaves no socket behind. */
  cancel(): void {
    if (this.#end()) this.#destroySockets();
  }

  async #open(): Promise<Socket> {
    const { proxy, url, toProxy } = this.#route;
    const { insecure } = this.#settings;
    // Loaded only where it is needed, and before there is a socket: nobody would watch that meanwhile.
    const tunnel = proxy !== null && !toProxy ? await import('./tunnel.js') : null;
    const addresses = await lookUp(this.#peer, this.#settings);
    this.#phase = 'connect';
    let socket = await this.#connectAny(addresses);
    if (this.#peer.tls) socket = await this.#shakeHands(socket, proxy === null && insecure);
    if (proxy === null || tunnel === null) return socket;

    this.#phase = 'tunnel';
    await tunnel.openTunnel(socket, proxy, endpointOf(url));
    this.#peer = endpointOf(url);
    return this.#shakeHands(socket, insecure);
  }

  /** To the first of the addresses that takes the connection; two at most are tried side by side. */
  #connectAny(addresses: readonly string[]): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const errors: Error[] = [];
      let tried = 0;
      const tryNext = (): void => {
        clearTimeout(this.#nextAttempt);
        const host = addresses[tried];
        if (host === undefined || this.#over) return;
        tried++;
        const oldest = this.#sockets.length < 2 ? undefined : this.#sockets.shift();
        if (oldest !== undefined) {
          oldest.destroy();
          errors.push(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT', address: addresses[tried - 3] }));
        }
        const options = { host, port: this.#peer.port, highWaterMark: READ_SIZE, noDelay: true };
        const socket = connectTcp(options);
        this.#sockets.push(socket);
        socket.once('connect', () => {
          tried = addresses.length;
          this.#keepOnly(socket);
          resolve(socket);
        });
        socket.on('error', (error) => {
          errors.push(error);
          this.#sockets = this.#sockets.filter((other) => other !== socket);
          if (errors.length === addresses.length) reject(new AggregateError(errors));
          else tryNext();
        });
        if (tried < addresses.length) this.#nextAttempt = setTimeout(tryNext, ATTEMPT_DELAY);
      };
      tryNext();
    });
  }

  #keepOnly(winner: Socket): void {
    clearTimeout(this.#nextAttempt);
    for (const socket of this.#sockets) if (socket !== winner) socket.destroy();
    this.#sockets = [winner];
  }

  #shakeHands(socket: Socket, insecure: boolean): Promise<Socket> {
    this.#phase = 'tls';
    // A name without its last dot (RFC 6066, section 3).
    const host = this.#peer.host.replace(/\.$/, '');
    return new Promise((resolve, reject) => {
      const options = {
        socket,
        host,
        servername: isIP(host) === 0 ? host : '',
        ALPNProtocols: ['http/1.1'],
        rejectUnauthorized: !insecure,
        secureContext: this.#settings.secureContext ?? builtInRoots(),
        highWaterMark: READ_SIZE,
      };
      const secure = connectTls(options);
      this.#sockets.push(secure);
      secure.once('secureConnect', () => resolve(secure)).on('error', reject);
    });
  }

  #expire(): void {
    this.#fail(connectTimeout(this.#phase, this.#peer, this.#settings.connectTimeout));
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

/** The connection to the proxy failed: nothing is known of the URL's own host. */
function byProxy({ code, systemCode, message }: FetchFailure): FetchFailure {
  return new FetchFailure('proxy', systemCode, code === 'proxy' ? message : `the proxy cannot be used: ${message}`);
}
