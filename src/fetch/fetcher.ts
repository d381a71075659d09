import type { Settings } from '../options.js';
import type { FetchResult, Target } from '../types.js';
import { Attempt } from './attempt.js';
import { Connections } from './connections.js';
import { parseCodings } from './decode.js';
import { FetchFailure, internalFailure } from './errors.js';
import { Flight } from './flight.js';
import type { ResponseHead } from './head.js';
import { redirectLocation, resolveLocation } from './redirects.js';
import { RequestHeaders, type RequestKind } from './request-headers.js';

/** Fetches targets, as many at once as it is asked to. */
export interface Fetcher {
  /** One target to one row. Never rejects: whatever the network does is a row. */
  fetch(target: Target): Promise<FetchResult>;
  /** Ends what is in flight; its rows are `aborted`. */
  abort(): void;
  /** Ends the idle connections. */
  close(): void;
}

/** @param clock milliseconds from the start of the run */
export function openFetcher(settings: Settings, clock: () => number): Fetcher {
  return new UndiciFetcher(settings, clock);
}

class UndiciFetcher implements Fetcher {
  readonly #settings: Settings;
  readonly #clock: () => number;
  readonly #connections: Connections;
  readonly #headers: RequestHeaders;
  /** An array, not a Set: adding to and deleting from a Set for every URL costs a third of the speed. */
  readonly #inFlight: Flight[] = [];

  constructor(settings: Settings, clock: () => number) {
    this.#settings = settings;
    this.#clock = clock;
    this.#connections = new Connections(settings);
    this.#headers = new RequestHeaders(settings);
  }

  async fetch(target: Target): Promise<FetchResult> {
    const flight = new Flight(target, this.#clock());
    try {
      await this.#fly(flight, parseUrl(target));
    } catch (error) {
      flight.fail(error instanceof FetchFailure ? error : internalFailure(error));
    }
    return flight.result(this.#clock());
  }

  abort(): void {
    const reason = new FetchFailure('aborted', null, 'the run was interrupted');
    for (const flight of this.#inFlight) flight.stop(reason);
  }

  close(): void {
    this.#connections.close();
  }

  /** Until its deadline, or until the run is aborted. */
  async #fly(flight: Flight, url: URL): Promise<void> {
    this.#add(flight);
    const deadline = setTimeout(expire, this.#settings.timeout, flight, this.#settings.timeout);
    try {
      await this.#follow(flight, url);
    } finally {
      clearTimeout(deadline);
      this.#remove(flight);
    }
  }

  /** Follows redirects to the answer; with `head` it tries the ways to ask for a length until one tells it. */
  async #follow(flight: Flight, first: URL): Promise<void> {
    let url = first;
    let kind: RequestKind = this.#settings.head ? 'HEAD' : 'GET';
    flight.attempts = 1;
    while (true) {
      const attempt = await this.#request(flight, url, first, kind);
      if (attempt.failure !== null) {
        if (kind === 'GET' || !mayRefuseProbe(attempt.failure)) throw attempt.failure;
        kind = nextKind(kind);
        continue;
      }
      const head = attempt.head as ResponseHead;
      const location = this.#redirectOf(head);
      if (location !== null) {
        if (flight.redirects === this.#settings.maxRedirects) {
          throw new FetchFailure('too-many-redirects', null, `redirected more than ${flight.redirects} times`);
        }
        url = resolveLocation(location, url);
        flight.redirects++;
      } else if (attempt.decodedBodySize !== null) {
        if (head.status === 206 && !this.#headers.askForRange) {
          throw new FetchFailure('protocol', null, 'not HTTP that can be trusted: a part that nobody asked for');
        }
        flight.answer(attempt.decodedBodySize, 'body');
        return;
      } else {
        const length = declaredLength(head, kind);
        if (length !== null) {
          flight.answer(length, kind === 'HEAD' ? 'content-length' : 'content-range');
          return;
        }
        kind = nextKind(kind);
      }
    }
  }

  /** One request and its answer; `first` is the URL as the list has it. */
  async #request(flight: Flight, url: URL, first: URL, kind: RequestKind): Promise<Attempt> {
    const options = {
      path: url.pathname + url.search,
      method: kind === 'HEAD' ? ('HEAD' as const) : ('GET' as const),
      headers: this.#headers.for(url, first, kind),
    };
    flight.url = url;
    let fresh = false;
    while (true) {
      if (flight.stopped !== null) throw flight.stopped;
      const connection = this.#connections.acquire(url, fresh);
      const attempt = await new Promise<Attempt>((settle) => {
        const attempt = new Attempt(
          {
            connection,
            clock: this.#clock,
            maxBytes: this.#settings.maxBytes,
            wantsBody: (head) => this.#redirectOf(head) === null && bodyIsAnswer(head, kind),
          },
          settle,
        );
        flight.attempt = attempt;
        connection.client.dispatch(options, attempt);
      });
      this.#connections.release(connection);
      if (!connection.reused || !attempt.unanswered) return attempt;
      fresh = true;
    }
  }

  #redirectOf(head: ResponseHead): string | null {
    return this.#settings.maxRedirects === 0 ? null : redirectLocation(head);
  }

  #add(flight: Flight): void {
    flight.place = this.#inFlight.push(flight) - 1;
  }

  #remove(flight: Flight): void {
    const last = this.#inFlight.pop() as Flight;
    if (last === flight) return;
    this.#inFlight[flight.place] = last;
    last.place = flight.place;
  }
}

function expire(flight: Flight, timeout: number): void {
  flight.stop(new FetchFailure('timeout', null, `not done within ${timeout} ms`));
}

/** @throws {FetchFailure} `bad-url` */
function parseUrl({ url, flaw }: Target): URL {
  if (flaw !== null) throw new FetchFailure('bad-url', null, flaw);
  if (!/^https?:\/\//i.test(url)) throw new FetchFailure('bad-url', null, 'no absolute http(s) URL');
  // The URL standard drops tabs and line ends wherever they stand: that would be another URL than the list's.
  if (/\p{Cc}/u.test(url)) throw new FetchFailure('bad-url', null, 'a control character in the URL');
  if (!URL.canParse(url)) throw new FetchFailure('bad-url', null, 'no valid URL');
  return new URL(url);
}

/** Whether a server may have failed a HEAD or a range request like this only because of what it is. */
function mayRefuseProbe(failure: FetchFailure): boolean {
  return failure.code === 'reset' || failure.code === 'protocol';
}

function nextKind(kind: RequestKind): RequestKind {
  return kind === 'HEAD' ? 'range' : 'GET';
}

/** Whether the length asked for is that of the body: an answer to a range may be the whole of it, or only a part. */
function bodyIsAnswer(head: ResponseHead, kind: RequestKind): boolean {
  return kind === 'GET' || (kind === 'range' && head.status !== 206 && head.status !== 416);
}

/** The whole length that an answer without its body declares; `null` if it declares none that could be believed. */
function declaredLength(head: ResponseHead, kind: RequestKind): number | null {
  if (head.bodyless || parseCodings(head.contentEncoding).length > 0) return null;
  if (kind === 'HEAD') return head.status < 300 ? head.contentLength : null;
  return head.status === 206 ? head.rangeTotal : null;
}
