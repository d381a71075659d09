import type { FetchResult, Totals } from './types.js';

/** Sums over rows, still growing. */
export type RunningTotals = { -readonly [key in keyof Totals]: Totals[key] };

export function noTotals(): RunningTotals {
  return { urls: 0, ok: 0, httpErrors: 0, failed: 0, length: 0, encodedBodySize: 0 };
}

export function addRow(totals: RunningTotals, { state, length, encodedBodySize }: FetchResult): void {
  totals.urls++;
  if (state === 'ok') totals.ok++;
  else if (state === 'http-error') totals.httpErrors++;
  else totals.failed++;
  totals.length += length ?? 0;
  totals.encodedBodySize += encodedBodySize ?? 0;
}
