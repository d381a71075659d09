import type { Settings } from '../options.js';
import { ACCEPT_ENCODING } from './codings.js';
import type { Route } from './routes.js';
import type { RequestMessage } from './transport.js';

/** How the length is asked for. */
export type RequestKind = 'GET' | 'HEAD' | 'range';

/** What must not reach another origin than the one that the user named (and `Host` would be wrong there). */
const ORIGIN_ONLY: readonly string[] = ['authorization', 'cookie', 'proxy-authorization', 'host'];

/** The header fields of every request of a run, in undici's flat form. */
export class RequestHeaders {
  readonly #own: readonly string[];
  readonly #foreign: readonly string[];
  readonly #ownProbe: readonly string[];
  readonly #foreignProbe: readonly string[];
  /** The user gave an `Authorization` field, which goes before a URL's credentials. */
  readonly #authorized: boolean;
  /** The user gave a `Host` field. */
  readonly #namesHost: boolean;

  constructor({ headers, compressed }: Settings) {
    const has = (name: string) => names(headers, name);
    const asking = (codings: string) =>
      withoutEmpty(has('accept-encoding') ? headers : [...headers, 'accept-encoding', codings]);
    this.#own = asking(compressed ? ACCEPT_ENCODING : 'identity');
    this.#foreign = withoutOriginOnly(this.#own);
    // The length of an encoded body would not be the answer.
    this.#ownProbe = asking('identity');
    this.#foreignProbe = withoutOriginOnly(this.#ownProbe);
    this.#authorized = has('authorization');
    this.#namesHost = names(this.#own, 'host');
  }

  /** The fields of one request. */
  for({ host, proxy, toProxy }: Route, { own, kind, authorization }: RequestMessage): string[] {
    const base = kind === 'GET' ? (own ? this.#own : this.#foreign) : own ? this.#ownProbe : this.#foreignProbe;
    const fields = [...base];
    // A connection's client goes from host to host, and knows none.
    if (!(own && this.#namesHost)) fields.push('host', host);
    if (authorization !== null && !(own && this.#authorized)) fields.push('authorization', authorization);
    if (kind === 'range') fields.push('range', 'bytes=0-0');
    if (toProxy && proxy?.authorization) fields.push('proxy-authorization', proxy.authorization);
    return fields;
  }
}

/** Whether one of the fields has this name. */
function names(headers: readonly string[], name: string): boolean {
  return headers.some((text, i) => i % 2 === 0 && text === name);
}

function withoutOriginOnly(headers: readonly string[]): string[] {
  return headers.filter((_, i) => !ORIGIN_ONLY.includes(headers[i - (i % 2)] as string));
}

function withoutEmpty(headers: readonly string[]): string[] {
  return headers.filter((_, i) => headers[i - (i % 2) + 1] !== '');
}
