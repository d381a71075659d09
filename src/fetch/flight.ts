import type { FetchResult, LengthFrom, Target } from '../types.js';
import type { Attempt } from './attempt.js';
import { type FetchFailure, internalFailure, toFetchError } from './errors.js';
import { publicUrl } from './redirects.js';

/** One URL on its way from target to row. */
export class Flight {
  /** Where the next request goes, or the last one went; `null` if the target is no URL. */
  url: URL | null = null;
  redirects = 0;
  attempts = 0;
  /** The last request and what came of it. */
  attempt: Attempt | null = null;
  /** Place in the fetcher's list of those in flight. */
  place = 0;

  readonly #target: Target;
  readonly #startTime: number;
  #answer: { readonly length: number; readonly lengthFrom: LengthFrom } | null = null;
  #failure: FetchFailure | null = null;
  #stopped: FetchFailure | null = null;

  constructor(target: Target, startTime: number) {
    this.#target = target;
    this.#startTime = startTime;
  }

  /** Why no further request may start; `null` while it may. */
  get stopped(): FetchFailure | null {
    return this.#stopped;
  }

  /** Ends it early, in whatever phase it is. */
  stop(reason: FetchFailure): void {
    if (this.#stopped !== null) return;
    this.#stopped = reason;
    this.attempt?.fail(reason);
  }

  answer(length: number, lengthFrom: LengthFrom): void {
    this.#answer = { length, lengthFrom };
  }

  fail(failure: FetchFailure): void {
    this.#failure = failure;
  }

  /** The row, once it is answered or has failed. */
  result(now: number): FetchResult {
    const { attempt } = this;
    const head = attempt?.head ?? null;
    const status = head?.status ?? null;
    const known = {
      encodedBodySize: attempt?.encodedBodySize ?? null,
      decodedBodySize: attempt?.decodedBodySize ?? null,
      contentLength: head?.contentLength ?? null,
      contentEncoding: head?.contentEncoding ?? null,
      contentType: head?.contentType ?? null,
      finalUrl: head === null || this.url === null ? null : publicUrl(this.url),
      redirects: this.redirects,
      attempts: this.attempts,
      startTime: round(this.#startTime),
      requestStart: round(attempt?.requestStart ?? null),
      responseStart: round(attempt?.responseStart ?? null),
      duration: round(now - this.#startTime),
    };
    const { index, url } = this.#target;
    if (this.#failure === null && this.#answer !== null && status !== null) {
      const state = status < 400 ? 'ok' : 'http-error';
      return { index, url, state, status, ...this.#answer, ...known, error: null };
    }
    const error = toFetchError(this.#failure ?? internalFailure('neither answered nor failed'));
    return { index, url, state: 'failed', status, length: null, lengthFrom: null, ...known, error };
  }
}

/** To the microsecond: the clock's further digits are noise. */
function round<T extends number | null>(time: T): T {
  return (time === null ? null : Math.round(time * 1000) / 1000) as T;
}
