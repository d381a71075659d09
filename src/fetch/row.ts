import type { FetchResult, Target } from '../types.js';
import { FetchFailure, internalFailure, toFetchError } from './errors.js';
import type { Answer, Inquiry } from './inquiry.js';

/** Milliseconds from the start of the run. */
interface Times {
  readonly startTime: number;
  readonly now: number;
}

/**
 * The row of a target.
 *
 * @param inquiry `null` if the target is no URL
 */
export function toRow(
  { index, url }: Target,
  inquiry: Inquiry | null,
  outcome: Answer | FetchFailure,
  attempts: number,
  { startTime, now }: Times,
): FetchResult {
  const exchange = inquiry?.exchange ?? null;
  const head = exchange?.head ?? null;
  const status = head?.status ?? null;
  const answered = status !== null && !(outcome instanceof FetchFailure);
  const failure = answered
    ? null
    : outcome instanceof FetchFailure
      ? outcome
      : internalFailure('an answer without a status');
  // One literal, and no spread: this is done for every URL.
  return {
    index,
    url,
    state: failure !== null ? 'failed' : (status as number) < 400 ? 'ok' : 'http-error',
    status,
    length: failure === null ? (outcome as Answer).length : null,
    lengthFrom: failure === null ? (outcome as Answer).lengthFrom : null,
    encodedBodySize: exchange?.encodedBodySize ?? null,
    decodedBodySize: exchange?.decodedBodySize ?? null,
    contentLength: head?.contentLength ?? null,
    contentEncoding: head?.contentEncoding ?? null,
    contentType: head?.contentType ?? null,
    finalUrl: head === null || inquiry === null ? null : inquiry.publicUrl,
    redirects: inquiry?.redirects ?? 0,
    attempts,
    startTime: round(startTime),
    requestStart: round(exchange?.requestStart ?? null),
    responseStart: round(exchange?.responseStart ?? null),
    duration: round(now - startTime),
    error: failure === null ? null : toFetchError(failure),
  } as FetchResult;
}

/** To the microsecond: the clock's further digits are noise. */
function round<T extends number | null>(time: T): T {
  return (time === null ? null : Math.round(time * 1000) / 1000) as T;
}
