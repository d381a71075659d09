import type { FetchFailure } from '../fetch/errors.js';
import type { Observer } from '../fetch/observer.js';
import type { RequestKind } from '../fetch/request-headers.js';
import type { ExchangeResult } from '../fetch/transport.js';
import { printable } from '../printable.js';
import { withoutCredentials } from './host.js';

/** In characters: a message may quote what came over the network. */
const MAX_MESSAGE = 300;

/** How a request shows how the length is asked for. */
const KINDS: Readonly<Record<RequestKind, string>> = { GET: 'GET', HEAD: 'HEAD', range: 'GET (one byte)' };

/** Tells of requests, answers, redirects and retries, a line each: when, the URL's index, what. */
export class Verbose implements Observer {
  readonly #write: (line: string) => void;
  readonly #label: string;

  /** @param label which run, if there is more than one */
  constructor(label: string | null, write: (line: string) => void) {
    this.#write = write;
    this.#label = label === null ? '' : `${label} `;
  }

  onRequest(time: number, index: number, kind: RequestKind, url: string): void {
    this.#tell(time, index, `> ${KINDS[kind]} ${url}`);
  }

  onExchange(time: number, index: number, { head, failure, requestStart, encodedBodySize }: ExchangeResult): void {
    const parts: string[] = [];
    if (head !== null) parts.push(String(head.status));
    if (head !== null && encodedBodySize !== null) parts.push(`${encodedBodySize} bytes`);
    if (failure !== null) parts.push(described(failure));
    if (requestStart !== null) parts.push(milliseconds(time - requestStart));
    this.#tell(time, index, `< ${parts.join(', ')}`);
  }

  onRedirect(time: number, index: number, url: string): void {
    this.#tell(time, index, `redirect to ${url}`);
  }

  onRetry(time: number, index: number, wait: number, reason: FetchFailure | null): void {
    const why = reason === null ? '' : `: ${described(reason)}`;
    this.#tell(time, index, `retry in ${(wait / 1000).toFixed(2)} s${why}`);
  }

  #tell(time: number, index: number, what: string): void {
    this.#write(`${this.#label}${milliseconds(time).padStart(12)} [${index}] ${printable(what)}\n`);
  }
}

function described({ code, systemCode, message }: FetchFailure): string {
  const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
  return `${code}${systemCode === null ? '' : ` ${systemCode}`}: ${withoutCredentials(text)}`;
}

function milliseconds(time: number): string {
  return `${time.toFixed(1)} ms`;
}
