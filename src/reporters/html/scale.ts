import type { Run } from './data.js';
import { commonPrefix } from './format.js';
import { peak } from './in-flight.js';

/** What the drawings of all runs share, so that they compare. */
export interface Scale {
  /** Of the longest run, in milliseconds. */
  readonly span: number;
  /** Most in flight at one time. */
  readonly most: number;
  /** What all URLs begin with, which need not be said. */
  readonly prefix: string;
  /** Characters of the longest label. */
  readonly labels: number;
}

export function scaleOf(runs: readonly Run[]): Scale {
  let [span, labels] = [0, 0];
  const prefix = commonPrefix(runs.flatMap(({ rows }) => rows.map(({ url }) => url)));
  for (const { duration, rows } of runs) {
    span = Math.max(span, duration);
    for (const { end, url } of rows) {
      span = Math.max(span, end);
      labels = Math.max(labels, url.length - prefix.length);
    }
  }
  return { span, most: Math.max(...runs.map(({ rows }) => peak(rows))), prefix, labels };
}
