import type { SecureContext } from 'node:tls';
import { DEFAULTS, MODES, ORDERS, SHARD_BYS } from './defaults.js';
import { type ResolveTable, readResolveTable } from './fetch/addresses.js';
import { userHeaders } from './fetch/header-option.js';
import { chooseProxies, type Environment, type Proxies } from './fetch/proxies.js';
import { readCertificates, trustRoots } from './fetch/roots.js';
import { OptionError } from './option-error.js';
import { parseRate } from './pacing/rate.js';
import { parseShard, type Shard } from './shard.js';
import type { ModeName, Options, Order } from './types.js';

/** Options checked and completed. */
export interface Settings {
  readonly mode: ModeName;
  readonly concurrency: number;
  /** Most in flight to one host; `null`: no cap, as below. */
  readonly perHost: number | null;
  /** Milliseconds from the start of one request to that of the next. */
  readonly interval: number | null;
  /** The same for those to one host. */
  readonly perHostInterval: number | null;
  readonly order: Order;
  readonly unique: boolean;
  /** `null`: the whole list. */
  readonly shard: Shard | null;
  readonly timeout: number;
  readonly connectTimeout: number;
  /** Attempts after the first. */
  readonly retry: number;
  readonly maxRedirects: number;
  readonly maxBytes: number;
  /** Names in lower case, as undici takes them: name, value, name, value. */
  readonly headers: readonly string[];
  /** The user gave a `Range` field: a part is what is asked for. */
  readonly asksForRange: boolean;
  readonly compressed: boolean;
  readonly head: boolean;
  readonly insecure: boolean;
  /** Roots to trust; `undefined`: Node's own. */
  readonly secureContext: SecureContext | undefined;
  /** `null`: none, and no way to one in the environment. */
  readonly proxies: Proxies | null;
  readonly resolve: ResolveTable;
  readonly publicOnly: boolean;
  /** Worker threads; 1: none but the one of the run. */
  readonly threads: number;
  /** What all this was made from, for worker threads. */
  readonly given: Given;
  /** Connections that may be open at a time, idle ones included: any thread may have all that is in flight. */
  readonly maxConnections: number;
  readonly signal: AbortSignal | undefined;
}

/** Options in a form that other threads can be told. */
export interface Given {
  readonly options: Options;
  readonly environment: Environment;
  /** What the file of `cacert` has, which may be a pipe and cannot be read again. */
  readonly certificates: readonly string[] | undefined;
}

/** As many as the result window holds: more in flight could never be kept in order. */
const MAX_CONCURRENCY = 65_536;

/** More threads than any machine of today has cores for. */
const MAX_THREADS = 256;

/** Idle connections are kept for as many as may be in flight, and for a few hosts that redirect to each other. */
const MIN_IDLE = 16;

/** A timer's longest delay (2^31 - 1 ms, some 24 days); Node fires a longer one at once. */
const MAX_TIME = 2_147_483_647;

/** Every option, so that a misspelt one is told and not ignored. */
const NAMES: Readonly<Record<keyof Options, true>> = {
  mode: true,
  concurrency: true,
  perHost: true,
  rate: true,
  perHostRate: true,
  order: true,
  unique: true,
  shard: true,
  shardBy: true,
  threads: true,
  timeout: true,
  connectTimeout: true,
  retry: true,
  maxRedirects: true,
  maxBytes: true,
  header: true,
  userAgent: true,
  compressed: true,
  head: true,
  insecure: true,
  cacert: true,
  proxy: true,
  resolve: true,
  publicOnly: true,
  signal: true,
};

/**
 * Checks options and fills in the defaults.
 *
 * @param environment where to look for proxies if no option names one; a library looks nowhere
 * @throws {OptionError} for the first option that is wrong
 */
export function resolveOptions(options: Options, environment: Environment = {}): Settings {
  return complete(options, environment, options?.cacert === undefined ? undefined : readCertificates(options.cacert));
}

/** The settings of another thread. */
export function resolveGiven({ options, environment, certificates }: Given): Settings {
  return complete(options, environment, certificates);
}

function complete(options: Options, environment: Environment, certificates: readonly string[] | undefined): Settings {
  if (typeof options !== 'object' || options === null) throw new OptionError('options', 'an object', options);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(NAMES, name)) throw new OptionError(name, `one of ${Object.keys(NAMES).join(', ')}`, name);
  }
  const mode = oneOf('mode', options.mode ?? DEFAULTS.mode, MODES);
  if (mode === 'sequential' && options.concurrency !== undefined) {
    throw new OptionError('concurrency', 'none with the sequential mode, which is one at a time', options.concurrency);
  }
  const concurrency =
    mode === 'sequential' ? 1 : integer('concurrency', options.concurrency ?? DEFAULTS.concurrency, 1, MAX_CONCURRENCY);
  const threads = integer('threads', options.threads ?? 1, 1, MAX_THREADS);
  const proxies = chooseProxies(options.proxy, environment);
  const headers = userHeaders(options.header, options.userAgent);
  const publicOnly = flag('publicOnly', options.publicOnly);
  if (publicOnly && proxies !== null) {
    throw new OptionError('publicOnly', 'no proxy beside it, named by an option or by the environment', publicOnly);
  }
  return {
    mode,
    concurrency,
    perHost: options.perHost === undefined ? null : integer('perHost', options.perHost, 1, MAX_CONCURRENCY),
    interval: interval('rate', options.rate),
    perHostInterval: interval('perHostRate', options.perHostRate),
    order: oneOf('order', options.order ?? DEFAULTS.order, ORDERS),
    unique: flag('unique', options.unique),
    shard: shard(options),
    timeout: time('timeout', options.timeout ?? DEFAULTS.timeout),
    connectTimeout: time('connectTimeout', options.connectTimeout ?? DEFAULTS.connectTimeout),
    retry: integer('retry', options.retry ?? DEFAULTS.retry, 0, 1000),
    maxRedirects: integer('maxRedirects', options.maxRedirects ?? DEFAULTS.maxRedirects, 0, 1000),
    maxBytes:
      options.maxBytes === undefined
        ? Number.POSITIVE_INFINITY
        : integer('maxBytes', options.maxBytes, 0, Number.MAX_SAFE_INTEGER),
    headers: proxies === null ? headers : proxies.takeAuthorization(headers),
    asksForRange: headers.some((text, i) => i % 2 === 0 && text === 'range'),
    compressed: flag('compressed', options.compressed),
    head: flag('head', options.head),
    insecure: flag('insecure', options.insecure),
    secureContext: certificates && trustRoots(certificates),
    proxies,
    resolve: readResolveTable(options.resolve),
    publicOnly,
    threads,
    given: { options: { ...options, signal: undefined }, environment: { ...environment }, certificates },
    maxConnections: threads * (concurrency + Math.max(concurrency, MIN_IDLE)),
    signal: abortSignal(options.signal),
  };
}

function oneOf<T extends string>(option: string, value: T, choices: readonly T[]): T {
  if (!choices.includes(value)) {
    throw new OptionError(option, choices.join(' or '), value);
  }
  return value;
}

function integer(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new OptionError(option, `an integer from ${least} to ${most}`, value);
  }
  return value;
}

function time(option: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 1 && value <= MAX_TIME)) {
    throw new OptionError(option, 'a time from 1 ms to 24 days', value);
  }
  return value;
}

function interval(option: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const time = typeof value === 'string' ? parseRate(value) : Number.NaN;
  if (!(time <= MAX_TIME)) throw new OptionError(option, 'a rate like 5/s, 90/m or 1000/h', value);
  return time;
}

function shard({ shard, shardBy = DEFAULTS.shardBy }: Options): Shard | null {
  const by = oneOf('shardBy', shardBy, SHARD_BYS);
  return shard === undefined ? null : parseShard(shard, by);
}

function flag(option: string, value: boolean | undefined): boolean {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new OptionError(option, 'true or false', value);
  }
  return value ?? false;
}

function abortSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new OptionError('signal', 'an AbortSignal', value);
  }
  return value;
}
