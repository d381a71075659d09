import { styleText } from 'node:util';
import { printable } from '../printable.js';
import type { FetchResult, ReportedRun } from '../types.js';
import type { Bars } from './bars.js';
import type { Reporter, Style } from './index.js';
import { seconds, speedup, summary } from './summary.js';

/** Wide enough for a terabyte, so that no length shifts the column. */
const WIDTH = 12;

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
  // Most runs have no terminal to draw on.
  const bars = style.width === null ? null : new (await import('./bars.js')).Bars(run, style, WIDTH + 1);
  for await (const rows of run.rows()) {
    yield rows.map((row) => line(row, bars, style)).join('');
  }
  yield `${paint(`${column(run.totals.length)} total: ${summary(run)}`, 'bold', style)}\n`;
}

function line(row: FetchResult, bars: Bars | null, style: Style): string {
  const url = printable(row.url);
  const reason = reasonOf(row);
  const text = `${column(row.length ?? '-')} ${bars === null ? url + reason : bars.add(url, reason, row)}`;
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

function column(value: number | string): string {
  return String(value).padStart(WIDTH);
}

function paint(line: string, format: 'bold' | 'red' | 'yellow', { colour }: Style): string {
  return colour ? styleText(format, line, { validateStream: false }) : line;
}
