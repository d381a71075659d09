import { styleText } from 'node:util';
import { printable } from '../printable.js';
import type { FetchResult, ReportedRun } from '../types.js';
import type { Reporter, Style } from './index.js';
import { seconds, speedup, summary } from './summary.js';

/** Wide enough for a terabyte, so that no length shifts the column. */
const WIDTH = 12;

/** Like `wc -c`: a length and its URL a line, then a total line. */
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
  for await (const rows of run.rows()) {
    yield rows.map((row) => line(row, style)).join('');
  }
  yield `${paint(`${column(run.totals.length)} total: ${summary(run)}`, 'bold', style)}\n`;
}

function line(row: FetchResult, style: Style): string {
  const url = printable(row.url);
  switch (row.state) {
    case 'ok':
      return `${column(row.length)} ${url}\n`;
    case 'http-error':
      return `${paint(`${column(row.length)} ${url}  HTTP ${row.status}`, 'yellow', style)}\n`;
    case 'failed':
      return `${paint(`${column('-')} ${url}  ${row.error.code}: ${printable(row.error.message)}`, 'red', style)}\n`;
  }
}

function column(value: number | string): string {
  return String(value).padStart(WIDTH);
}

function paint(line: string, format: 'bold' | 'red' | 'yellow', { colour }: Style): string {
  return colour ? styleText(format, line, { validateStream: false }) : line;
}
