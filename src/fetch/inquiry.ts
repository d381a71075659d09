import type { Settings } from '../options.js';
import type { Clock } from '../pacing/clock.js';
import type { LengthFrom } from '../types.js';
import { Attempt } from './attempt.js';
import type { Connections } from './connections.js';
import { parseCodings } from './decode.js';
import { FetchFailure } from './errors.js';
import type { ResponseHead } from './head.js';
import { redirectLocation, resolveLocation } from './redirects.js';
import type { RequestHeaders, RequestKind } from './request-headers.js';
import { type Route, routeTo } from './routes.js';

/** What all inquiries of a run share. */
export interface Means {
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
  attempt: Attempt | null = null;

  readonly #means: Means;
  /** As the list has it. */
  readonly #first: URL;
  #kind: RequestKind;
  #stopped: FetchFailure | null = null;

  constructor(url: URL, means: Means) {
    this.url = url;
    this.#first = url;
    this.#means = means;
    this.#kind = means.settings.head ? 'HEAD' : 'GET';
  }

  /** Ends the request that is on its way. */
  stop(reason: FetchFailure): void {
    this.#stopped = reason;
    this.attempt?.fail(reason);
  }

  /**
   * One request, to its end.
   *
   * @returns the answer; `null` if another request must follow
   * @throws {FetchFailure}
   */
  async ask(): Promise<Answer | null> {
    const kind = this.#kind;
    const route = routeTo(this.url, this.#means.settings);
    const attempt = await this.#request(kind, route);
    const { head, decodedBodySize } = attempt;
    if (attempt.failure !== null && kind !== 'GET' && mayRefuseProbe(attempt.failure)) {
      this.#kind = this.#nextKind(kind);
      return null;
    }
    const failure = route.toProxy ? proxyFailure(attempt) : attempt.failure;
    if (failure !== null) throw failure;
    return this.#judge(head as ResponseHead, decodedBodySize, kind);
  }

  /** What a whole answer means. */
  #judge(head: ResponseHead, decodedBodySize: number | null, kind: RequestKind): Answer | null {
    const location = this.#redirectOf(head);
    if (location !== null) {
      this.#follow(location);
      return null;
    }
    if (decodedBodySize !== null) {
      if (head.status === 206 && !this.#means.headers.asksForRange) {
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
    if (this.redirects === this.#means.settings.maxRedirects) {
      throw new FetchFailure('too-many-redirects', null, `redirected more than ${this.redirects} times`);
    }
    this.url = resolveLocation(location, this.url);
    this.redirects++;
    this.attempt = null;
  }

  /** One request; another at once if it found its connection closed. */
  async #request(kind: RequestKind, route: Route): Promise<Attempt> {
    const { settings, clock, connections, headers } = this.#means;
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
      const attempt = await new Promise<Attempt>((settle) => {
        const context = {
          connection,
          clock: clock.now,
          maxBytes: settings.maxBytes,
          wantsBody: (head: ResponseHead) => this.#redirectOf(head) === null && bodyIsAnswer(head, kind),
        };
        this.attempt = new Attempt(context, settle);
        connection.client.dispatch(options, this.attempt);
      });
      connections.release(connection);
      if (!connection.reused || !attempt.unanswered) return attempt;
      fresh = true;
    }
  }

  /** A user's own `Range` leaves no room for ours. */
  #nextKind(kind: RequestKind): RequestKind {
    return kind === 'HEAD' && !this.#means.headers.asksForRange ? 'range' : 'GET';
  }

  #redirectOf(head: ResponseHead): string | null {
    return this.#means.settings.maxRedirects === 0 ? null : redirectLocation(head);
  }
}

/** Why a request that a proxy took has no answer of the URL's own. */
function proxyFailure({ head, failure }: Attempt): FetchFailure | null {
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
