import type { AnsweredResult, FailedResult, FetchResult, ReportedRun } from '../../src/types.js';

/** A row that was answered. */
export function answered(overrides: Partial<AnsweredResult> = {}): AnsweredResult {
  return {
    index: 0,
    url: 'http://host/',
    state: 'ok',
    status: 200,
    length: 1270,
    lengthFrom: 'body',
    encodedBodySize: 1270,
    decodedBodySize: 1270,
    contentLength: 1270,
    contentEncoding: null,
    contentType: 'text/html',
    finalUrl: 'http://host/',
    redirects: 0,
    attempts: 1,
    startTime: 0.5,
    requestStart: 1.25,
    responseStart: 2,
    duration: 3.125,
    error: null,
    ...overrides,
  };
}

/** A row that failed before anything was known. */
export function failed(overrides: Partial<FailedResult> = {}): FailedResult {
  return {
    index: 1,
    url: 'http://nowhere.invalid/',
    state: 'failed',
    status: null,
    length: null,
    lengthFrom: null,
    encodedBodySize: null,
    decodedBodySize: null,
    contentLength: null,
    contentEncoding: null,
    contentType: null,
    finalUrl: null,
    redirects: 0,
    attempts: 1,
    startTime: 0.75,
    requestStart: null,
    responseStart: null,
    duration: 10,
    error: { code: 'dns', cause: 'ENOTFOUND', message: 'host not found: nowhere.invalid' },
    ...overrides,
  };
}

/** A run that gives these rows, in two batches. */
export function runOf(rows: readonly FetchResult[], overrides: Partial<ReportedRun> = {}): ReportedRun {
  const half = Math.ceil(rows.length / 2);
  return {
    mode: 'concurrent',
    concurrency: 16,
    startedDateTime: '2026-01-02T03:04:05.678Z',
    async *rows() {
      yield rows.slice(0, half);
      yield rows.slice(half);
    },
    duration: 1021.5,
    totals: { urls: 3, ok: 1, httpErrors: 1, failed: 1, length: 1423, encodedBodySize: 700 },
    ...overrides,
  };
}

export async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}
