import { styleText } from 'node:util';
import { printable } from '../printable.js';
import type { FetchResult, ReportedRun } from '../types.js';
import { fit } from './display-width.js';
import type { Reporter, Style } from './index.js';
import { seconds, speedup, summary } from './summary.js';
import { Timeline } from './timeline.js';

/** Wide enough for a terabyte, so that no length shifts the column. */
const WIDTH = 12;

/** A terminal that has so many columns has room for bars. */
const MIN_COLUMNS = 80;

/** The share of the line that they take. */
const BAR_SHARE = 0.3;

/** A URL is cut for a bar, but not to less than this. */
const MIN_URL = 20;

/** Like `wc -c`: a length and its URL a line, then a total line; on a wide terminal with a bar for the time of each. */
export const text: Reporter = {
  report: lines,

  async *compare(runs, style) {
    const ended: ReportedRun[] = [];
    for (const run of runs) {
      yield* lines(run, style);
      yield '\n';
      ended.push(run);
    }
    const times = speedup(ended);
    if (times === null) return;
    const [first = '', second = ''] = ended.map(({ duration }) => seconds(duration));
    // Recorded runs may be any two.
    const expected = ended[0]?.mode === 'sequential' && ended[1]?.mode === 'concurrent';
    const subject = expected ? 'Concurrent' : 'The second';
    yield `${paint(`${subject} was ${times} times as fast: ${second} instead of ${first}.`, 'bold', style)}\n`;
  },
};

async function* lines(run: ReportedRun, style: Style): AsyncGenerator<string> {
  const timeline = new Timeline();
  for await (const rows of run.rows()) {
    yield rows.map((row) => line(row, run, timeline, style)).join('');
  }
  yield `${paint(`${column(run.totals.length)} total: ${summary(run)}`, 'bold', style)}\n`;
}

function line(row: FetchResult, run: ReportedRun, timeline: Timeline, style: Style): string {
  const url = printable(row.url);
  const reason = reasonOf(row);
  const text = `${column(row.length ?? '-')} ${withBar(url, reason, style.width, (columns) => timeline.bar(row, run, columns))}`;
  return `${row.state === 'ok' ? text : paint(text, row.state === 'failed' ? 'red' : 'yellow', style)}\n`;
}

/** Why a row is not `ok`; empty if it is. */
function reasonOf(row: FetchResult): string {
  switch (row.state) {
    case 'ok':
      return '';
    case 'http-error':
      return `  HTTP ${row.status}`;
    case 'failed':
      return `  ${row.error.code}: ${printable(row.error.message)}`;
  }
}

/** What follows the length. For a bar a URL may be cut, but never the reason behind it: that goes before the bar. */
function withBar(url: string, reason: string, width: number | null, bar: (columns: number) => string): string {
  if (width === null || width < MIN_COLUMNS) return url + reason;
  const barColumns = Math.floor(width * BAR_SHARE);
  // The last column is left free: some terminals wrap as soon as it is taken.
  const room = width - 1 - WIDTH - 2 - barColumns - 1;
  const told = fit(reason, room);
  if (told.text !== reason || room - told.columns < MIN_URL) return url + reason;
  const shown = fit(url, room - told.columns);
  return `${shown.text}${reason}${' '.repeat(room - shown.columns - told.columns)}  ${bar(barColumns)}`.trimEnd();
}

function column(value: number | string): string {
  return String(value).padStart(WIDTH);
}

function paint(line: string, format: 'bold' | 'red' | 'yellow', { colour }: Style): string {
  return colour ? styleText(format, line, { validateStream: false }) : line;
}
