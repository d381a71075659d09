import { BlockList, isIP } from 'node:net';
import { OptionError } from '../option-error.js';
import { type Endpoint, endpointOf } from './routes.js';
import { basicAuthorization, withoutCredentials } from './urls.js';

/** curl's default, which differs from that of http: URLs. */
const DEFAULT_PORT = '1080';

const EXPECTED = 'an http:// or https:// URL of a proxy';

/** A proxy that takes requests for http: URLs, and opens tunnels for https: ones. */
export interface HttpProxy extends Endpoint {
  /** Without credentials. */
  readonly origin: string;
  /** The `Proxy-Authorization` that it wants. */
  readonly authorization: string | null;
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Which proxy is for which URL. */
export class Proxies {
  #forHttp: HttpProxy | null;
  #forHttps: HttpProxy | null;
  readonly #exceptions: readonly ((url: Endpoint) => boolean)[];

  constructor(forHttp: HttpProxy | null, forHttps: HttpProxy | null, noProxy: string) {
    this.#forHttp = forHttp;
    this.#forHttps = forHttps;
    this.#exceptions = noProxy
      .split(/[\s,]+/)
      .filter((entry) => entry !== '')
      .map(exception);
  }

  /** Takes a user's own `Proxy-Authorization` out of the fields of every request: it is for the proxy alone. */
  takeAuthorization(headers: readonly string[]): readonly string[] {
    const place = headers.findIndex((text, i) => i % 2 === 0 && text === 'proxy-authorization');
    if (place === -1) return headers;
    // An empty one is not to be sent.
    const authorization = headers[place + 1] || null;
    this.#forHttp = this.#forHttp && { ...this.#forHttp, authorization };
    this.#forHttps = this.#forHttps && { ...this.#forHttps, authorization };
    return headers.toSpliced(place, 2);
  }

  for(endpoint: Endpoint): HttpProxy | null {
    const proxy = endpoint.tls ? this.#forHttps : this.#forHttp;
    if (proxy === null || this.#exceptions.length === 0) return proxy;
    return this.#exceptions.some((covers) => covers(endpoint)) ? null : proxy;
  }
}

/**
 * The proxies that the option `proxy` names, or else the environment; the lower-case name of a variable goes first.
 * `NO_PROXY` holds for both. An empty value is none.
 *
 * @throws {OptionError}
 */
export function chooseProxies(option: string | undefined, environment: Environment): Proxies | null {
  if (option !== undefined && typeof option !== 'string') throw new OptionError('proxy', EXPECTED, option);
  const variable = (name: string): string => environment[name.toLowerCase()] || environment[name] || '';
  const fromEnvironment = (name: string): HttpProxy | null => {
    const source = variable(name) === '' ? 'ALL_PROXY' : name;
    return parseProxy(variable(source), `the variable ${source}`);
  };
  const [forHttp, forHttps] =
    option === undefined
      ? [fromEnvironment('HTTP_PROXY'), fromEnvironment('HTTPS_PROXY')]
      : [parseProxy(option), parseProxy(option)];
  return forHttp === null && forHttps === null ? null : new Proxies(forHttp, forHttps, variable('NO_PROXY'));
}

function parseProxy(text: string, source?: string): HttpProxy | null {
  if (text === '') return null;
  const expected = `${EXPECTED}${source === undefined ? '' : ` in ${source}`}`;
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? [];
  const url = URL.canParse(`${scheme}://${rest}`) ? new URL(`${scheme}://${rest}`) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new OptionError('proxy', expected, withoutCredentials(text));
  }
  // A URL forgets the port that is its scheme's own; under the other scheme it is still to be seen.
  const bare = url.port === '' && new URL(`https://${rest}`).port === '';
  if (bare && url.protocol === 'http:') url.port = DEFAULT_PORT;
  return { ...endpointOf(url), origin: url.origin, authorization: basicAuthorization(url) };
}

/** Whether a URL's host is what an entry of `NO_PROXY` names: all, a network, an address, or a domain and what is in it. */
function exception(entry: string): (url: Endpoint) => boolean {
  if (entry === '*') return () => true;
  const [, network = '', bits] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
  if (isIP(network) !== 0) return inNetwork(network, Number(bits));
  const [, name = entry, port] = (isIP(entry) === 6 ? null : /^(.*?)(?::(\d+))?$/.exec(entry)) ?? [];
  const host = name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  const covers = isIP(host) === 0 ? inDomain(host) : inNetwork(host, isIP(host) === 6 ? 128 : 32);
  return (url) => (port === undefined || Number(port) === url.port) && covers(url);
}

function inDomain(domain: string): (url: Endpoint) => boolean {
  return ({ host }) => `.${host.replace(/\.$/, '')}`.endsWith(`.${domain}`) && isIP(host) === 0;
}

function inNetwork(network: string, bits: number): (url: Endpoint) => boolean {
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (bits > (family === 'ipv6' ? 128 : 32)) return () => false;
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return ({ host }) => isIP(host) !== 0 && list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
