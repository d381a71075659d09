import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { Settings } from '../options.js';
import { type ConnectPhase, connectFailure, connectTimeout, type FetchFailure } from './errors.js';

/** Where a connection leads to. */
export interface Endpoint {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export function endpointOf(url: URL): Endpoint {
  const tls = url.protocol === 'https:';
  return {
    host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    tls,
  };
}

/** Node's own roots, read once: a context for each connection would cost 170 µs. */
let builtIn: SecureContext | undefined;

function builtInRoots(): SecureContext {
  builtIn ??= createSecureContext();
  return builtIn;
}

export type ConnectCallback = (
  ...outcome: [failure: null, socket: Socket] | [failure: FetchFailure, socket: null]
) => void;

/** Opens a connection within the connect timeout. `done` is called once, unless the socket is destroyed before. */
export function connect(endpoint: Endpoint, settings: Settings, done: ConnectCallback): Socket {
  const { host, port, tls } = endpoint;
  const literal = isIP(host) !== 0;
  const options = {
    host,
    port,
    highWaterMark: 65_536,
    noDelay: true,
    // Node tries a host's addresses one by one and gives each 250 ms by default: too little for a far one.
    autoSelectFamilyAttemptTimeout: Math.max(250, Math.ceil(settings.connectTimeout / 4)),
  };
  const socket = tls
    ? connectTls({
        ...options,
        servername: literal ? '' : host,
        ALPNProtocols: ['http/1.1'],
        rejectUnauthorized: !settings.insecure,
        secureContext: settings.secureContext ?? builtInRoots(),
      })
    : connectTcp(options);

  let phase: ConnectPhase = literal ? 'connect' : 'dns';
  let pending = true;
  const finish = (failure: FetchFailure | null): void => {
    if (!pending) return;
    pending = false;
    clearTimeout(timer);
    if (failure === null) done(null, socket);
    else done(failure, null);
  };
  const timer = setTimeout(() => {
    finish(connectTimeout(phase, host, port, settings.connectTimeout));
    socket.destroy();
  }, settings.connectTimeout);

  socket
    .once('lookup', (error: Error | null) => {
      if (error === null) phase = 'connect';
    })
    .once('connect', () => {
      phase = 'tls';
      if (!tls) finish(null);
    })
    .once('secureConnect', () => finish(null))
    .once('close', () => clearTimeout(timer))
    .on('error', (error) => finish(connectFailure(error, phase, host, port)));
  return socket;
}
