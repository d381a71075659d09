import { FetchFailure } from '../fetch/errors.js';
import type { ResponseHead } from '../fetch/head.js';
import type { RequestKind } from '../fetch/request-headers.js';
import type { ExchangeResult, RequestMessage } from '../fetch/transport.js';
import { pathOf } from '../fetch/urls.js';
import type { Given } from '../options.js';
import type { ErrorCode } from '../types.js';

/** What a worker is started with. */
export interface WorkerData {
  readonly given: Given;
  readonly maxConnections: number;
  /** When the run started, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly sight: SharedArrayBuffer;
}

/** A failure between threads. */
type PlainFailure = readonly [code: ErrorCode, systemCode: string | null, message: string];

/** A request between threads; arrays, because each key of an object costs. */
export type PlainRequest = readonly [
  id: number,
  url: string,
  kind: RequestKind,
  own: boolean,
  authorization: string | null,
];

/** What came of a request, between threads. */
export type PlainResult = readonly [
  id: number,
  requestStart: number | null,
  responseStart: number | null,
  head: ResponseHead | null,
  encodedBodySize: number | null,
  decodedBodySize: number | null,
  failure: PlainFailure | null,
  toProxy: boolean,
];

/** To a worker: what to send, and what to give up. */
export interface Orders {
  readonly requests: readonly PlainRequest[];
  readonly failures: readonly (readonly [id: number, reason: PlainFailure])[];
}

/** From a worker: what has come of its requests. */
export type Results = readonly PlainResult[];

export function toPlainRequest(id: number, { url, kind, own, authorization }: RequestMessage): PlainRequest {
  return [id, url.href, kind, own, authorization];
}

export function fromPlainRequest([, href, kind, own, authorization]: PlainRequest): RequestMessage {
  const url = new URL(href);
  return { url, origin: url.origin, path: pathOf(url), kind, own, authorization };
}

export function toPlainResult(id: number, result: ExchangeResult): PlainResult {
  const { requestStart, responseStart, head, encodedBodySize, decodedBodySize, failure, toProxy } = result;
  return [
    id,
    requestStart,
    responseStart,
    head,
    encodedBodySize,
    decodedBodySize,
    failure && toPlainFailure(failure),
    toProxy,
  ];
}

export function fromPlainResult(plain: PlainResult): ExchangeResult {
  const [, requestStart, responseStart, head, encodedBodySize, decodedBodySize, failure, toProxy] = plain;
  return {
    requestStart,
    responseStart,
    head,
    encodedBodySize,
    decodedBodySize,
    failure: failure && fromPlainFailure(failure),
    toProxy,
  };
}

export function toPlainFailure({ code, systemCode, message }: FetchFailure): PlainFailure {
  return [code, systemCode, message];
}

export function fromPlainFailure([code, systemCode, message]: PlainFailure): FetchFailure {
  return new FetchFailure(code, systemCode, message);
}
