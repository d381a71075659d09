import type { Run } from './data.js';
import { commonOrigin, under } from './format.js';
import { peak } from './in-flight.js';

/** What the drawings of all runs share, so that they compare. */
export interface Scale {
  /** Of the longest run, in milliseconds. */
  readonly span: number;
  /** Most in flight at one time. */
  readonly most: number;
  /** Scheme and host of nearly all URLs, which need not be said; else empty. */
  readonly origin: string;
  /** Characters of the longest label. */
  readonly labels: number;
}

export function scaleOf(runs: readonly Run[]): Scale {
  let [span, labels] = [0, 0];
  const origin = commonOrigin(runs.flatMap(({ rows }) => rows.map(({ url }) => url)));
  for (const { duration, rows } of runs) {
    span = Math.max(span, duration);
    for (const { end, url } of rows) {
      span = Math.max(span, end);
      labels = Math.max(labels, under(origin, url).length);
    }
  }
  return { span, most: Math.max(...runs.map(({ rows }) => peak(rows))), origin, labels };
}
