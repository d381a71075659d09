import type { FetchResult, ReportedRun } from '../types.js';
import { fit } from './display-width.js';
import type { Style } from './index.js';
import { Timeline } from './timeline.js';

/** A terminal that has so many columns has room for bars. */
const MIN_COLUMNS = 80;

/** The share of the line that they take. */
const SHARE = 0.3;

/** A URL is cut for a bar, but not to less than this. */
const MIN_URL = 20;

const GAP = '  ';

/** Puts the bar of a row behind its text. */
export class Bars {
  readonly #run: ReportedRun;
  readonly #style: Style;
  readonly #taken: number;
  readonly #timeline: Timeline = new Timeline();

  /** @param taken the columns that stand before the text */
  constructor(run: ReportedRun, style: Style, taken: number) {
    this.#run = run;
    this.#style = style;
    this.#taken = taken;
  }

  /** A URL and what is to be told of it, which is never cut: then rather the bar goes. */
  add(url: string, reason: string, row: FetchResult): string {
    const width = this.#style.width ?? 0;
    const bar = Math.floor(width * SHARE);
    // The last column is left free: some terminals wrap as soon as it is taken.
    const room = width - this.#taken - GAP.length - bar - 1;
    const told = fit(reason, Math.max(1, room));
    if (width < MIN_COLUMNS || told.text !== reason || room - told.columns < MIN_URL) return url + reason;
    const shown = fit(url, room - told.columns);
    const padding = ' '.repeat(room - shown.columns - told.columns) + GAP;
    return (shown.text + reason + padding + this.#timeline.bar(row, this.#run, bar)).trimEnd();
  }
}
