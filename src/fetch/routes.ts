import type { Settings } from '../options.js';
import type { HttpProxy } from './proxies.js';

/** Where a connection leads to. */
export interface Endpoint {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** The way to a URL. */
export interface Route {
  readonly url: URL;
  readonly proxy: HttpProxy | null;
  /** The request goes to the proxy itself and names the whole URL (RFC 9112, section 3.2.2); else through a tunnel. */
  readonly toProxy: boolean;
  /** A connection serves every route that has the same. */
  readonly key: string;
}

export function routeTo(url: URL, { proxies }: Settings): Route {
  const proxy = proxies?.for(url) ?? null;
  if (proxy === null) return { url, proxy, toProxy: false, key: url.origin };
  const toProxy = url.protocol === 'http:';
  return { url, proxy, toProxy, key: `${proxy.origin} ${toProxy ? '' : url.origin}` };
}

export function endpointOf(url: URL): Endpoint {
  const tls = url.protocol === 'https:';
  return {
    host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    tls,
  };
}

export function hostPort({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
