import type { Totals } from '../../types.js';
import { named, type Row } from './rows.js';
import type { PageData } from './wire.js';

export interface Run {
  readonly mode: string;
  readonly concurrency: number;
  readonly startedDateTime: string;
  readonly rows: Row[];
  duration: number;
  totals: Totals;
}

export interface Data {
  readonly runs: readonly Run[];
  /** `null` where there is nothing to compare. */
  readonly speedup: number | null;
}

/** Takes the data out of the document. */
export function takeData(document: Document): Data {
  const runs: Run[] = [];
  let speedup: number | null = null;
  for (const element of document.querySelectorAll('script[type="application/json"]')) {
    const data = JSON.parse(element.textContent ?? '') as PageData;
    element.remove();
    const run = runs.at(-1);
    if (isRows(data)) for (const row of data) run?.rows.push(named(row));
    else if ('mode' in data) runs.push({ ...data, rows: [], duration: 0, totals: NOTHING });
    else if ('totals' in data && run !== undefined) Object.assign(run, data);
    else if ('speedup' in data) speedup = data.speedup;
  }
  // In the order in which they started, which is nearly that of the list: the staircase of a waterfall.
  for (const { rows } of runs) rows.sort((a, b) => a.start - b.start || a.index - b.index);
  return { runs, speedup };
}

const NOTHING: Totals = { urls: 0, ok: 0, httpErrors: 0, failed: 0, length: 0, encodedBodySize: 0 };

function isRows(data: PageData): data is Extract<PageData, readonly unknown[]> {
  return Array.isArray(data);
}
