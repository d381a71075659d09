import type { SecureContext } from 'node:tls';
import { userHeaders } from './fetch/header-option.js';
import { trustRoots } from './fetch/roots.js';
import { OptionError, quote } from './option-error.js';
import type { ModeName, Order } from './types.js';

/** The options of a run. They have the names of the command's long options; times are milliseconds, sizes bytes. */
export interface Options {
  /** One URL after the other, or through the pool. Default: `concurrent`. */
  readonly mode?: ModeName | undefined;
  /** Most URLs in flight, 1 to 65,536; not with `sequential`. Default: 16. */
  readonly concurrency?: number | undefined;
  /** Rows in the order of the list, or as they are done. Default: `input`. */
  readonly order?: Order | undefined;
  /** Skip a URL that the list already had; memory grows with the list. Default: `false`. */
  readonly unique?: boolean | undefined;
  /** For one URL in all, redirects included, in milliseconds. Default: 30,000. */
  readonly timeout?: number | undefined;
  /** For name look-up, TCP and TLS, in milliseconds. Default: 10,000. */
  readonly connectTimeout?: number | undefined;
  /** Redirects followed; 0 follows none and reports the 3xx. Default: 20. */
  readonly maxRedirects?: number | undefined;
  /** A body that passes it, encoded or decoded, is cut off as `too-large`, in bytes. Default: no cap. */
  readonly maxBytes?: number | undefined;
  /** Sent with every request, each `Name: value`; an empty value removes a default header. Default: none. */
  readonly header?: readonly string[] | undefined;
  /** The `User-Agent` header; empty sends none. Default: `fetch-lengths/<version>`. */
  readonly userAgent?: string | undefined;
  /** Ask for compressed bodies. Default: `false`. */
  readonly compressed?: boolean | undefined;
  /** Sizes without bodies: HEAD, else a one-byte range, else GET. Default: `false`. */
  readonly head?: boolean | undefined;
  /** Check no certificate. Default: `false`. */
  readonly insecure?: boolean | undefined;
  /** A PEM file of roots to trust besides the built-in ones. Default: none. */
  readonly cacert?: string | undefined;
  /** Ends the run: no URL is started any more, those in flight become `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** Options checked and completed. */
export interface Settings {
  readonly mode: ModeName;
  readonly concurrency: number;
  readonly order: Order;
  readonly unique: boolean;
  readonly timeout: number;
  readonly connectTimeout: number;
  readonly maxRedirects: number;
  readonly maxBytes: number;
  /** Names in lower case, as undici takes them: name, value, name, value. */
  readonly headers: readonly string[];
  readonly compressed: boolean;
  readonly head: boolean;
  readonly insecure: boolean;
  /** Roots to trust; `undefined`: Node's own. */
  readonly secureContext: SecureContext | undefined;
  readonly signal: AbortSignal | undefined;
}

export const MODES: readonly ModeName[] = ['sequential', 'concurrent'];
export const ORDERS: readonly Order[] = ['input', 'completion'];

/** As many as the result window holds: more in flight could never be kept in order. */
export const MAX_CONCURRENCY = 65_536;

/** A timer's longest delay (2^31 - 1 ms, some 24 days); Node fires a longer one at once. */
export const MAX_TIME = 2_147_483_647;

export const DEFAULTS = {
  mode: 'concurrent',
  concurrency: 16,
  order: 'input',
  timeout: 30_000,
  connectTimeout: 10_000,
  maxRedirects: 20,
} as const;

/**
 * Checks options and fills in the defaults.
 *
 * @throws {OptionError} for the first option that is wrong
 */
export function resolveOptions(options: Options): Settings {
  const mode = oneOf('mode', options.mode ?? DEFAULTS.mode, MODES);
  if (mode === 'sequential' && options.concurrency !== undefined) {
    throw new OptionError(
      'concurrency',
      `${quote(options.concurrency)} contradicts the sequential mode, which is one at a time`,
    );
  }
  return {
    mode,
    concurrency:
      mode === 'sequential'
        ? 1
        : integer('concurrency', options.concurrency ?? DEFAULTS.concurrency, 1, MAX_CONCURRENCY),
    order: oneOf('order', options.order ?? DEFAULTS.order, ORDERS),
    unique: flag('unique', options.unique),
    timeout: time('timeout', options.timeout ?? DEFAULTS.timeout),
    connectTimeout: time('connectTimeout', options.connectTimeout ?? DEFAULTS.connectTimeout),
    maxRedirects: integer('maxRedirects', options.maxRedirects ?? DEFAULTS.maxRedirects, 0, 1000),
    maxBytes:
      options.maxBytes === undefined
        ? Number.POSITIVE_INFINITY
        : integer('maxBytes', options.maxBytes, 0, Number.MAX_SAFE_INTEGER),
    headers: userHeaders(options.header, options.userAgent),
    compressed: flag('compressed', options.compressed),
    head: flag('head', options.head),
    insecure: flag('insecure', options.insecure),
    secureContext: options.cacert === undefined ? undefined : trustRoots(options.cacert),
    signal: abortSignal(options.signal),
  };
}

function oneOf<T extends string>(option: string, value: T, choices: readonly T[]): T {
  if (!choices.includes(value)) {
    throw new OptionError(option, `expected ${choices.join(' or ')}, got ${quote(value)}`);
  }
  return value;
}

function integer(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new OptionError(option, `expected an integer from ${least} to ${most}, got ${quote(value)}`);
  }
  return value;
}

function time(option: string, value: number): number {
  if (typeof value !== 'number' || !(value > 0 && value <= MAX_TIME)) {
    throw new OptionError(option, `expected a time over 0 and up to 24 days, got ${quote(value)}`);
  }
  return value;
}

function flag(option: string, value: boolean | undefined): boolean {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new OptionError(option, `expected true or false, got ${quote(value)}`);
  }
  return value ?? false;
}

function abortSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new OptionError('signal', `expected an AbortSignal, got ${quote(value)}`);
  }
  return value;
}
