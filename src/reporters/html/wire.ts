import type { FetchResult, Totals } from '../../types.js';

/** A row as the page has it: what it shows, by place, in a third of the bytes. Times are milliseconds. */
export type PageRow = readonly [
  index: number,
  url: string,
  state: FetchResult['state'],
  status: number | null,
  length: number | null,
  contentType: string | null,
  redirects: number,
  attempts: number,
  startTime: number,
  requestStart: number | null,
  responseStart: number | null,
  duration: number,
  error: string | null,
];

/** The elements of the page's data, in their order: of each run its opening, its rows and its end. */
export type PageData =
  | { readonly mode: string; readonly concurrency: number; readonly startedDateTime: string }
  | readonly PageRow[]
  | { readonly duration: number; readonly totals: Totals }
  | { readonly speedup: number | null };

export function pageRow(row: FetchResult): PageRow {
  return [
    row.index,
    row.url,
    row.state,
    row.status,
    row.length,
    row.contentType,
    row.redirects,
    row.attempts,
    row.startTime,
    row.requestStart,
    row.responseStart,
    row.duration,
    row.error === null ? null : `${row.error.code}: ${row.error.message}`,
  ];
}
