import type { ReportedRun } from '../types.js';

/** A run in one line: counts, bytes, mode and elapsed time. */
export function summary({ mode, concurrency, duration, totals }: ReportedRun): string {
  const { urls, ok, httpErrors, failed, length, encodedBodySize } = totals;
  return [
    `${count(urls, 'URL')}: ${ok} ok, ${count(httpErrors, 'HTTP error')}, ${failed} failed`,
    `${count(length, 'byte')}${encodedBodySize === length ? '' : ` (${encodedBodySize} as they came)`}`,
    concurrency === 1 ? `${mode}, one at a time` : `${mode}, ${concurrency} at once`,
    seconds(duration),
  ].join('; ');
}

/** How many times as fast the second run was as the first, to three digits; `null` if they did not do the same work. */
export function speedup([first, second]: readonly ReportedRun[]): number | null {
  if (first === undefined || second === undefined) return null;
  const urls = first.totals.urls;
  if (urls === 0 || urls !== second.totals.urls) return null;
  const ratio = Number((first.duration / second.duration).toPrecision(3));
  return Number.isFinite(ratio) ? ratio : null;
}

/** Milliseconds as seconds. */
export function seconds(time: number): string {
  return `${(time / 1000).toFixed(2)} s`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
