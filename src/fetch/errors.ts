import { getSystemErrorMap, getSystemErrorName, inspect } from 'node:util';
import type { ErrorCode, FetchError } from '../types.js';
import { type Endpoint, hostPort } from './routes.js';

/** A failure that has found its place in the table of error codes. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure';
  readonly code: ErrorCode;
  /** The system's own code, if it has one. */
  readonly systemCode: string | null;

  constructor(code: ErrorCode, systemCode: string | null, message: string) {
    // Nobody sees its stack, and to collect one doubles what a failure costs.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.systemCode = systemCode;
  }
}

/** In characters: a message may quote what came over the network. */
const MAX_MESSAGE = 300;

export function toFetchError(failure: FetchFailure): FetchError {
  const lines = failure.message.slice(0, MAX_MESSAGE + 1).split('\n');
  const message = lines.map((line) => line.trim()).join(' ');
  return {
    code: failure.code,
    cause: failure.systemCode,
    message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message,
  };
}

/** Whether another attempt may end better. */
export function isTransient({ code, systemCode }: FetchFailure): boolean {
  if (code === 'dns') return systemCode === 'EAI_AGAIN';
  return code === 'connect' || code === 'reset' || code === 'truncated' || code === 'proxy';
}

/** A temporary state of the server or of its host (RFC 9110, section 15; 429: RFC 6585). */
const TRANSIENT_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504];

/** Whether another attempt may be answered with another status. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUSES.includes(status);
}

/** How far a connection had come. */
export type ConnectPhase = 'dns' | 'connect' | 'tls' | 'tunnel';

/** Why a connection could not be made. */
export function connectFailure(error: Error, phase: ConnectPhase, endpoint: Endpoint): FetchFailure {
  if (error instanceof FetchFailure) return error;
  const code = systemCode(error);
  switch (phase) {
    case 'dns': {
      const what = code === 'EAI_AGAIN' ? 'name look-up failed for now' : 'host not found';
      return new FetchFailure('dns', code, `${what}: ${endpoint.host}`);
    }
    case 'connect':
      return unconnected(error instanceof AggregateError ? (error.errors as Error[]) : [error], endpoint);
    case 'tls':
      return new FetchFailure('tls', code, `${tlsMessage(error)}: ${hostPort(endpoint)}`);
    case 'tunnel':
      return internalFailure(error);
  }
}

/** What says only that this machine cannot go that way, as to IPv6 where there is none. */
const NO_WAY: readonly (string | null)[] = ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** Several addresses were tried: the most telling cause stands for all, the message has each. */
function unconnected(errors: readonly Error[], endpoint: Endpoint): FetchFailure {
  const telling = errors.find((error) => !NO_WAY.includes(systemCode(error))) ?? errors[0];
  const reasons = new Map<string, string[]>();
  for (const error of errors) {
    const reason = systemMessage(error);
    reasons.set(reason, [...(reasons.get(reason) ?? []), (error as { address?: string }).address ?? '']);
  }
  const message =
    reasons.size === 1
      ? [...reasons.keys()].join()
      : [...reasons].map(([reason, addresses]) => `${reason} (${addresses.join(', ')})`).join(', ');
  return new FetchFailure(
    'connect',
    telling === undefined ? null : systemCode(telling),
    `${message}: ${hostPort(endpoint)}`,
  );
}

/** The connect timeout passed while in `phase`. */
export function connectTimeout(phase: ConnectPhase, endpoint: Endpoint, time: number): FetchFailure {
  const doing = {
    dns: 'looking up the name of',
    connect: 'connecting to',
    tls: 'shaking hands with',
    tunnel: 'waiting for a tunnel from',
  }[phase];
  return new FetchFailure('connect', 'ETIMEDOUT', `timed out after ${time} ms ${doing} ${hostPort(endpoint)}`);
}

/** How a response broke off. */
export interface BrokenOff {
  /** Its request was written. */
  readonly written: boolean;
  /** Its head was whole. */
  readonly headWhole: boolean;
  /** The other side had ended the connection. */
  readonly ended: boolean;
  /** It had not ended but reset it. */
  readonly reset: boolean;
}

/** Why a request has no whole response: an error of undici's or of the socket's. */
export function responseFailure(error: Error, { written, headWhole, ended, reset }: BrokenOff): FetchFailure {
  if (error instanceof FetchFailure) return error;
  const code = systemCode(error);
  switch (code) {
    case 'UND_ERR_HEADERS_OVERFLOW':
      return notHttp(HEAD_TOO_LARGE);
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      if (!headWhole) return notHttp(CONFLICTING_LENGTHS);
      break;
    // With the connection still open undici itself gave up.
    case 'UND_ERR_SOCKET':
      if (!ended) return notHttp('a response that nobody asked for');
      break;
    // undici's own check of the order of things.
    case 'ERR_ASSERTION':
      return notHttp('a message out of order');
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return internalFailure(error);
    default:
      // Behind the end the parser only says that it is too early.
      if (error.name === 'HTTPParserError' && !ended) return notHttp(parserMessage(error));
  }
  // With TLS 1.3 a server refuses a client only after the handshake.
  if (code?.startsWith('ERR_SSL_')) return new FetchFailure('tls', code, tlsMessage(error));
  const cause = reset ? 'ECONNRESET' : code?.startsWith('E') ? code : null;
  return written ? brokenOff(headWhole, cause) : new FetchFailure('connect', cause, systemMessage(error));
}

/** The connection ended too early. */
export function brokenOff(headWhole: boolean, cause: string | null): FetchFailure {
  return headWhole
    ? new FetchFailure('truncated', cause, 'the connection ended before the body did')
    : new FetchFailure('reset', cause, 'the connection ended before the response');
}

export function decodeFailure(error: Error): FetchFailure {
  return new FetchFailure('decode', systemCode(error), `the content coding is broken: ${error.message}`);
}

export function internalFailure(error: unknown): FetchFailure {
  return new FetchFailure(
    'internal',
    null,
    `a bug of fetch-lengths: ${error instanceof Error ? error : inspect(error)}`,
  );
}

export function toFailure(error: unknown): FetchFailure {
  return error instanceof FetchFailure ? error : internalFailure(error);
}

export const CONFLICTING_LENGTHS = 'conflicting lengths';
export const HEAD_TOO_LARGE = 'the head of the response is over 64 KiB';

export function notHttp(what: string): FetchFailure {
  return new FetchFailure('protocol', null, `not HTTP that can be trusted: ${what}`);
}

/** llhttp's reason, which undici puts in parentheses behind a sentence of its own. */
function parserMessage(error: Error): string {
  return /\((.+)\)$/.exec(error.message)?.[1] ?? error.message;
}

function systemCode(error: Error): string | null {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  return typeof errno === 'number' && errno < 0 ? getSystemErrorName(errno) : null;
}

function systemMessage(error: Error): string {
  const { errno } = error as NodeJS.ErrnoException;
  return (typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined) ?? error.message;
}

const TLS_MESSAGES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in an unknown root',
  UNABLE_TO_GET_ISSUER_CERT: 'the issuer of the certificate is unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the issuer of the certificate is unknown',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the issuer of the certificate is unknown',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the server speaks only an old TLS version',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the server speaks only an old TLS version',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak TLS',
  ECONNRESET: 'the server ended the TLS handshake',
};

function tlsMessage(error: Error): string {
  const code = systemCode(error);
  if (code !== null && Object.hasOwn(TLS_MESSAGES, code)) return TLS_MESSAGES[code] as string;
  // OpenSSL's own word; its message has addresses and lines of its source in it.
  return `TLS failed, ${(error as { reason?: string }).reason ?? error.message}`;
}
