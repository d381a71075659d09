import type { Settings } from '../options.js';
import type { HttpProxy } from './proxies.js';

/** Where a connection leads to. */
export interface Endpoint {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** The way to an origin (scheme, host and port). */
export interface Route {
  readonly origin: string;
  /** The `Host` field (RFC 9110, section 7.2). */
  readonly host: string;
  readonly endpoint: Endpoint;
  readonly proxy: HttpProxy | null;
  /** Requests go to the proxy itself and name the whole URL (RFC 9112, section 3.2.2); else through a tunnel. */
  readonly toProxy: boolean;
  /** A connection serves every route that has the same. */
  readonly key: string;
}

export function routeTo(url: URL, origin: string, { proxies }: Settings): Route {
  const endpoint = endpointOf(url);
  const { host } = url;
  const proxy = proxies?.for(endpoint) ?? null;
  if (proxy === null) return { origin, host, endpoint, proxy, toProxy: false, key: origin };
  const toProxy = !endpoint.tls;
  return { origin, host, endpoint, proxy, toProxy, key: `${proxy.origin} ${toProxy ? '' : origin}` };
}

export function endpointOf(url: URL): Endpoint {
  const tls = url.protocol === 'https:';
  const { hostname, port } = url;
  return {
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (tls ? 443 : 80) : Number(port),
    tls,
  };
}

export function hostPort({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
