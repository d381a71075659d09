import type { Settings } from '../options.js';
import type { Clock } from '../pacing/clock.js';
import type { LengthFrom } from '../types.js';
import type { Connections } from './connections.js';
import { parseCodings } from './decode.js';
import { FetchFailure } from './errors.js';
import { Exchange } from './exchange.js';
import type { ResponseHead } from './head.js';
import { redirectLocation, resolveLocation } from './redirects.js';
import type { RequestHeaders, RequestKind } from './request-headers.js';
import { type Route, routeTo } from './routes.js';

/** What all inquiries of a run share. */
export interface FetchContext {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly headers: RequestHeaders;
}

/** The length, and where it is from. */
export interface Answer {
  readonly length: number;
  readonly lengthFrom: LengthFrom;
}

/** Asks for the length of a URL: request after request, through redirects and, with `head`, in several ways. */
export class Inquiry {
  /** Where the next request goes, or the last one went. */
  url: URL;
  redirects = 0;
  /** The last request and what came of it. */
  exchange: Exchange | null = null;

  readonly #context: FetchContext;
  /** As the list has it. */
  readonly #first: URL;
  #kind: RequestKind;
  #stopped: FetchFailure | null = null;

  constructor(url: URL, context: FetchContext) {
    this.url = url;
    this.#first = url;
    this.#context = context;
    this.#kind = context.settings.head ? 'HEAD' : 'GET';
  }

  /** Ends the request that is on its way. */
  stop(reason: FetchFailure): void {
    this.#stopped = reason;
    this.exchange?.fail(reason);
  }

  /**
   * One request, to its end.
   *
   * @returns the answer; `null` if another request must follow
   * @throws {FetchFailure}
   */
  async ask(): Promise<Answer | null> {
    const kind = this.#kind;
    const route = routeTo(this.url, this.#context.settings);
    const exchange = await this.#request(kind, route);
    const { head, decodedBodySize } = exchange;
    if (exchange.failure !== null && kind !== 'GET' && mayRefuseProbe(exchange.failure)) {
      this.#kind = this.#nextKind(kind);
      return null;
    }
    const failure = route.toProxy ? proxyFailure(exchange) : exchange.failure;
    if (failure !== null) throw failure;
    return this.#judge(head as ResponseHead, decodedBodySize, kind);
  }

  /** What a whole answer context. */
  #judge(head: ResponseHead, decodedBodySize: number | null, kind: RequestKind): Answer | null {
    const location = this.#redirectOf(head);
    if (location !== null) {
      this.#follow(location);
      return null;
    }
    if (decodedBodySize !== null) {
      if (head.status === 206 && !this.#context.headers.asksForRange) {
        throw new FetchFailure('protocol', null, 'not HTTP that can be trusted: a part that nobody asked for');
      }
      return { length: decodedBodySize, lengthFrom: 'body' };
    }
    const length = declaredLength(head, kind);
    if (length !== null) return { length, lengthFrom: kind === 'HEAD' ? 'content-length' : 'content-range' };
    this.#kind = this.#nextKind(kind);
    return null;
  }

  #follow(location: string): void {
    if (this.redirects === this.#context.settings.maxRedirects) {
      throw new FetchFailure('too-many-redirects', null, `redirected more than ${this.redirects} times`);
    }
    this.url = resolveLocation(location, this.url);
    this.redirects++;
    this.exchange = null;
  }

  /** One request; another at once if it found its connection closed. */
  async #request(kind: RequestKind, route: Route): Promise<Exchange> {
    const { settings, clock, connections, headers } = this.#context;
    const { url } = route;
    const options = {
      path: (route.toProxy ? url.origin : '') + url.pathname + url.search,
      method: kind === 'HEAD' ? ('HEAD' as const) : ('GET' as const),
      headers: headers.for(route, this.#first, kind),
      // undici would take it from the `Host` field, and leave a connection on which it changes.
      servername: route.key,
    };
    let fresh = false;
    while (true) {
      if (this.#stopped !== null) throw this.#stopped;
      const connection = connections.acquire(route, fresh);
      const exchange = await new Promise<Exchange>((settle) => {
        const context = {
          connection,
          clock: clock.now,
          maxBytes: settings.maxBytes,
          wantsBody: (head: ResponseHead) => this.#redirectOf(head) === null && bodyIsAnswer(head, kind),
        };
        this.exchange = new Exchange(context, settle);
        connection.client.dispatch(options, this.exchange);
      });
      connections.release(connection);
      if (!connection.reused || !exchange.unanswered) return exchange;
      fresh = true;
    }
  }

  /** A user's own `Range` leaves no room for ours. */
  #nextKind(kind: RequestKind): RequestKind {
    return kind === 'HEAD' && !this.#context.headers.asksForRange ? 'range' : 'GET';
  }

  #redirectOf(head: ResponseHead): string | null {
    return this.#context.settings.maxRedirects === 0 ? null : redirectLocation(head);
  }
}

/** Why a request that a proxy took has no answer of the URL's own. */
function proxyFailure({ head, failure }: Exchange): FetchFailure | null {
  if (failure?.code === 'reset') {
    return new FetchFailure('proxy', failure.systemCode, 'the proxy ended the connection before the response');
  }
  if (failure === null && head?.status === 407) {
    return new FetchFailure('proxy', null, 'the proxy wants other credentials: 407');
  }
  return failure;
}

/** Whether a server may have failed a HEAD or a range request like this only because of what it is. */
function mayRefuseProbe(failure: FetchFailure): boolean {
  return failure.code === 'reset' || failure.code === 'protocol';
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
