import type { Dispatcher } from 'undici';
import type { Settings } from '../options.js';
import { parseCodings } from './codings.js';
import type { Connection } from './connection.js';
import { type DecodedBody, Decoder } from './decode.js';
import { brokenOff, CONFLICTING_LENGTHS, FetchFailure, HEAD_TOO_LARGE, notHttp, responseFailure } from './errors.js';
import { headSize, MAX_HEAD_BYTES, type RawFields, type ResponseHead, readHead } from './head.js';
import { redirectLocation } from './redirects.js';
import type { RequestKind } from './request-headers.js';
import type { ExchangeResult } from './transport.js';

/** So much of a body that nobody wants is read to keep its connection: more costs more than a new one. */
const MAX_DRAINED_BYTES = 65_536;

/** So long, in milliseconds. */
const MAX_DRAIN_TIME = 1_000;

/**
 * So many bytes may come that bring no head to its end and no byte of a body: leading line ends, interim responses, a
 * reason phrase, chunk extensions, trailers. Behind a head's own limit there may be two more reads that wait their turn.
 */
const MAX_IDLE_BYTES = 3 * MAX_HEAD_BYTES;

/** Who is told that an exchange is over. */
export interface ExchangeOwner {
  /** Called once, the answer is whole or has failed. undici has yet to see to its connection: what follows, follows later. */
  onSettled(): void;
}

/**
 * One request and its whole answer (an attempt may take several): counts the body's bytes and drops them.
 *
 * It is a handler of undici's older kind, which has a head's fields as they came: the newer one gives an object of all of
 * them, at 5 % of what a URL costs.
 */
export class Exchange implements Dispatcher.DispatchHandler, DecodedBody, ExchangeResult {
  requestStart: number | null = null;
  responseStart: number | null = null;
  head: ResponseHead | null = null;
  encodedBodySize: number | null = null;
  decodedBodySize: number | null = null;
  failure: FetchFailure | null = null;
  /** undici has seen the answer to its end. */
  whole = false;

  readonly connection: Connection;
  readonly #kind: RequestKind;
  readonly #settings: Settings;
  readonly #clock: () => number;
  readonly #owner: ExchangeOwner;
  /** Set once the request is written. */
  #abort: ((reason: Error) => void) | null = null;
  #resume: (() => void) | null = null;
  #decoder: Decoder | null = null;
  /** The length of a body of which nothing is looked at. */
  #plainLength = 0;
  #drained = 0;
  /** What had come on the connection when there was last a reason to read on. */
  #bytesBefore = 0;
  #drainTimer: NodeJS.Timeout | undefined;
  #settled = false;

  /** @param clock milliseconds from the start of the run */
  constructor(
    connection: Connection,
    kind: RequestKind,
    settings: Settings,
    clock: () => number,
    owner: ExchangeOwner,
  ) {
    this.connection = connection;
    this.#kind = kind;
    this.#settings = settings;
    this.#clock = clock;
    this.#owner = owner;
  }

  get toProxy(): boolean {
    return this.connection.route.toProxy;
  }

  /**
   * Failed before any answer to it came. On a connection that was used before that need not be the server's last word:
   * it may have ended the connection even as the request was on its way (RFC 9112, section 9.3.1), and bytes that came
   * late belong to the answer before.
   */
  get unanswered(): boolean {
    if (this.failure?.code === 'reset') return this.responseStart === null;
    // Closed even before the request was written.
    if (this.failure?.code === 'connect') return this.requestStart === null;
    return this.failure?.code === 'protocol' && this.head === null;
  }

  /** The answer redirects to its own origin: another request will follow. */
  get leadsOn(): boolean {
    const location = this.head === null ? null : redirectLocation(this.head);
    return location !== null && (location.startsWith('/') || location.startsWith(this.connection.route.origin));
  }

  /** Gives up, at once and in every phase. */
  fail(failure: FetchFailure): void {
    if (this.#settled) return;
    this.#finish(failure);
    this.#cutConnection(failure);
  }

  onConnect(abort: (reason: Error) => void): void {
    this.requestStart = this.#clock();
    this.#abort = abort;
    this.#bytesBefore = this.connection.bytesTaken;
  }

  /**
   * Told of what has come before undici sees it.
   *
   * @returns whether all of it is of a body of which nothing is looked at
   */
  onBytes(size: number): boolean {
    if (this.connection.bytesTaken - size - this.#bytesBefore > MAX_IDLE_BYTES) {
      this.fail(notHttp('it goes on without end'));
    }
    return !this.#settled && this.encodedBodySize !== null && this.encodedBodySize + size <= this.#plainLength;
  }

  onResponseStarted(): void {
    this.responseStart ??= this.#clock();
  }

  onHeaders(status: number, fields: Buffer[], resume: () => void): boolean {
    // 102 and 103 announce the response, they are not it.
    if (!this.#settled && status >= 200) {
      this.#resume = resume;
      this.#onHead(status, fields);
    }
    return true;
  }

  #onHead(status: number, fields: RawFields): void {
    const { connection } = this;
    // Nobody needs to count a head that came in so few bytes.
    if (connection.bytesTaken - this.#bytesBefore > MAX_HEAD_BYTES && headSize(fields) > MAX_HEAD_BYTES) {
      this.fail(notHttp(HEAD_TOO_LARGE));
      return;
    }
    this.#bytesBefore = connection.bytesTaken;
    const head = readHead(status, fields);
    this.head = head;
    if (head.conflictingLengths) {
      this.fail(notHttp(CONFLICTING_LENGTHS));
      return;
    }
    if (this.#wantsBody(head)) {
      this.encodedBodySize = 0;
      this.decodedBodySize = 0;
      if (head.transferCodings.includes('chunked')) {
        this.fail(new FetchFailure('decode', null, 'chunked is not the last transfer coding'));
      } else if (!head.bodyless && head.contentEncoding === null && head.transferCodings.length === 0) {
        this.#plainLength = head.contentLength ?? 0;
      }
    } else {
      this.#drainTimer = setTimeout(() => this.#stopDraining(), MAX_DRAIN_TIME);
    }
  }

  /** Gives false to hold the body back until `#resume`. */
  onData(chunk: Buffer): boolean {
    if (this.#settled || this.head === null) return true;
    const { connection } = this;
    this.#bytesBefore = connection.bytesTaken;
    if (this.encodedBodySize === null || this.decodedBodySize === null) {
      this.#drained += chunk.length;
      if (this.#drained > MAX_DRAINED_BYTES) this.#stopDraining();
      return true;
    }
    this.encodedBodySize += chunk.length;
    if (this.encodedBodySize > this.#settings.maxBytes) {
      this.#tooLarge();
      return true;
    }
    try {
      this.#decoder ??= this.#createDecoder(this.head);
    } catch (error) {
      this.fail(error as FetchFailure);
      return true;
    }
    if (this.#decoder !== null) return this.#decoder.write(chunk) || connection.ended;
    this.decodedBodySize = this.encodedBodySize;
    return true;
  }

  onComplete(): void {
    if (this.#settled) return;
    this.whole = true;
    if (this.head?.closeDelimited && this.connection.reset) this.#finish(brokenOff(true, 'ECONNRESET'));
    else if (this.#decoder === null) this.#finish(null);
    else this.#decoder.end();
  }

  onError(error: Error): void {
    if (this.#settled) return;
    const { head } = this;
    const bodyWanted = this.encodedBodySize !== null;
    // undici measures a 204 and a 304 against their Content-Length, though they have no body (RFC 9110, section 6.4.1).
    const mismatch = (error as NodeJS.ErrnoException).code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
    if (head !== null && (!bodyWanted || (head.bodyless && mismatch))) {
      this.#finish(null);
      return;
    }
    const { ended, reset } = this.connection;
    const written = this.requestStart !== null;
    this.#finish(responseFailure(error, { written, headWhole: head !== null, ended, reset }));
  }

  onDecoded(count: number): void {
    this.decodedBodySize = (this.decodedBodySize ?? 0) + count;
    if (this.decodedBodySize > this.#settings.maxBytes) this.#tooLarge();
  }

  onDrain(): void {
    this.readOn();
  }

  /** Holds the body back no longer. */
  readOn(): void {
    this.#resume?.();
  }

  onDecodedEnd(): void {
    this.#finish(null);
  }

  onDecodeFailure(failure: FetchFailure): void {
    this.fail(failure);
  }

  #createDecoder(head: ResponseHead): Decoder | null {
    const codings = [...parseCodings(head.contentEncoding), ...head.transferCodings];
    return codings.length === 0 ? null : new Decoder(codings, this);
  }

  /** Whether the body behind this head is the answer: only then it is decoded and its end awaited. */
  #wantsBody(head: ResponseHead): boolean {
    return (this.#settings.maxRedirects === 0 || redirectLocation(head) === null) && bodyIsAnswer(head, this.#kind);
  }

  /** What is wanted, the head, has come. */
  #stopDraining(): void {
    this.#finish(null);
    this.#cutConnection(new FetchFailure('too-large', null, 'a body that nobody wants'));
  }

  #tooLarge(): void {
    this.fail(new FetchFailure('too-large', null, `the body is over ${this.#settings.maxBytes} bytes`));
  }

  /** Until the request is written undici has no way to abort it; then its connection is given up instead. */
  #cutConnection(reason: FetchFailure): void {
    if (this.#abort === null) this.connection.destroy(reason);
    else this.#abort(reason);
  }

  #finish(failure: FetchFailure | null): void {
    if (this.#settled) return;
    this.#settled = true;
    this.failure = failure;
    clearTimeout(this.#drainTimer);
    this.#decoder?.destroy();
    this.#owner.onSettled();
  }
}

/** Whether the length asked for is that of the body: an answer to a range may be the whole of it, or only a part. */
function bodyIsAnswer(head: ResponseHead, kind: RequestKind): boolean {
  return kind === 'GET' || (kind === 'range' && head.status !== 206 && head.status !== 416);
}
