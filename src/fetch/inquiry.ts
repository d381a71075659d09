import type { Settings } from '../options.js';
import type { Clock } from '../pacing/clock.js';
import type { LengthFrom } from '../types.js';
import { parseCodings } from './codings.js';
import { FetchFailure, notHttp, toFailure } from './errors.js';
import type { ResponseHead } from './head.js';
import type { Observer } from './observer.js';
import { redirectLocation, resolveLocation } from './redirects.js';
import type { RequestKind } from './request-headers.js';
import type { ExchangeResult, Requester, Sent, Transport } from './transport.js';
import { basicAuthorization, pathOf } from './urls.js';

/** What all inquiries of a run share. */
export interface FetchContext {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly clock: Pick<Clock, 'now'>;
  readonly observer: Observer | null;
}

/** The length, and where it is from. */
export interface Answer {
  readonly length: number;
  readonly lengthFrom: LengthFrom;
}

/** Who wants to know. */
export interface Inquirer {
  /** Place of its URL in the list. */
  readonly index: number;
  /** @param outcome the answer; `null` if another request must follow */
  onOutcome(outcome: Answer | FetchFailure | null): void;
}

/** Asks for the length of a URL: request after request, through redirects and, with `head`, in several ways. */
export class Inquiry implements Requester {
  /** Where the next request goes, or the last one went. */
  url: URL;
  redirects = 0;
  /** What came of the last request, if that was to `url`. */
  exchange: ExchangeResult | null = null;

  readonly #context: FetchContext;
  readonly #inquirer: Inquirer;
  /** As the list has it. */
  readonly #first: URL;
  readonly #firstOrigin: string;
  #origin: string;
  /** Path and query of `url`. To take a URL apart costs more than all else that is done with it: once, then. */
  #path: string;
  #kind: RequestKind;
  /** That of the last request. */
  #lastKind: RequestKind;
  /** The request on its way. */
  #sent: Sent | null = null;

  constructor(url: URL, context: FetchContext, inquirer: Inquirer) {
    this.url = url;
    this.#first = url;
    this.#firstOrigin = url.origin;
    this.#origin = this.#firstOrigin;
    this.#path = pathOf(url);
    this.#context = context;
    this.#inquirer = inquirer;
    this.#kind = context.settings.head ? 'HEAD' : 'GET';
    this.#lastKind = this.#kind;
  }

  /** Scheme, host and port of `url`. */
  get origin(): string {
    return this.#origin;
  }

  /** `url` without credentials and fragment. */
  get publicUrl(): string {
    return this.#origin + this.#path;
  }

  /** One request, to its end: `onOutcome` follows. */
  ask(): void {
    const { url } = this;
    const own = this.#origin === this.#firstOrigin;
    const message = {
      url,
      origin: this.#origin,
      path: this.#path,
      kind: this.#kind,
      own,
      authorization: basicAuthorization(url) ?? (own && url !== this.#first ? basicAuthorization(this.#first) : null),
    };
    const { transport, observer, clock } = this.#context;
    observer?.onRequest(clock.now(), this.#inquirer.index, this.#kind, this.publicUrl);
    this.#sent = transport.send(message, this);
  }

  /** The next request asks in the way of the last one, which was no answer to that way but to its time. */
  askAgain(): void {
    this.#kind = this.#lastKind;
  }

  /** Ends the request that is on its way; `onOutcome` follows all the same. */
  stop(reason: FetchFailure): void {
    this.#sent?.fail(reason);
  }

  onExchange(exchange: ExchangeResult): void {
    this.#sent = null;
    this.exchange = exchange;
    const { observer, clock } = this.#context;
    observer?.onExchange(clock.now(), this.#inquirer.index, exchange);
    let outcome: Answer | FetchFailure | null;
    try {
      outcome = this.#judge(exchange);
    } catch (error) {
      outcome = toFailure(error);
    }
    this.#inquirer.onOutcome(outcome);
  }

  /** @throws {FetchFailure} */
  #judge(exchange: ExchangeResult): Answer | FetchFailure | null {
    const kind = this.#kind;
    this.#lastKind = kind;
    if (exchange.failure !== null && kind !== 'GET' && mayRefuseProbe(exchange.failure)) {
      this.#kind = this.#nextKind(kind);
      return null;
    }
    const failure = exchange.toProxy ? proxyFailure(exchange) : exchange.failure;
    if (failure !== null) return failure;
    const head = exchange.head as ResponseHead;
    const { decodedBodySize } = exchange;
    const location = this.#context.settings.maxRedirects === 0 ? null : redirectLocation(head);
    if (location !== null) {
      this.#follow(location);
      return null;
    }
    if (decodedBodySize !== null) {
      if (head.status === 206 && !this.#context.settings.asksForRange) {
        return notHttp('a part that nobody asked for');
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
    this.#origin = this.url.origin;
    this.#path = pathOf(this.url);
    this.redirects++;
    this.exchange = null;
    const { observer, clock } = this.#context;
    observer?.onRedirect(clock.now(), this.#inquirer.index, this.publicUrl);
  }

  /** A user's own `Range` leaves no room for ours. */
  #nextKind(kind: RequestKind): RequestKind {
    return kind === 'HEAD' && !this.#context.settings.asksForRange ? 'range' : 'GET';
  }
}

/** Why a request that a proxy took has no answer of the URL's own. */
function proxyFailure({ head, failure }: ExchangeResult): FetchFailure | null {
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

/** The whole length that an answer without its body declares; `null` if it declares none that could be believed. */
function declaredLength(head: ResponseHead, kind: RequestKind): number | null {
  if (head.bodyless || parseCodings(head.contentEncoding).length > 0) return null;
  if (kind === 'HEAD') return head.status < 300 ? head.contentLength : null;
  return head.status === 206 ? head.rangeTotal : null;
}
