import type { FetchResult } from '../types.js';
import type { Reporter } from './index.js';

type Cell = string | number | null;

/** The columns: a row's keys, `error` spread out. */
const COLUMNS: readonly (readonly [name: string, cell: (row: FetchResult) => Cell])[] = [
  ['index', (row) => row.index],
  ['url', (row) => row.url],
  ['state', (row) => row.state],
  ['status', (row) => row.status],
  ['length', (row) => row.length],
  ['lengthFrom', (row) => row.lengthFrom],
  ['encodedBodySize', (row) => row.encodedBodySize],
  ['decodedBodySize', (row) => row.decodedBodySize],
  ['contentLength', (row) => row.contentLength],
  ['contentEncoding', (row) => row.contentEncoding],
  ['contentType', (row) => row.contentType],
  ['finalUrl', (row) => row.finalUrl],
  ['redirects', (row) => row.redirects],
  ['attempts', (row) => row.attempts],
  ['startTime', (row) => row.startTime],
  ['requestStart', (row) => row.requestStart],
  ['responseStart', (row) => row.responseStart],
  ['duration', (row) => row.duration],
  ['error.code', (row) => row.error?.code ?? null],
  ['error.cause', (row) => row.error?.cause ?? null],
  ['error.message', (row) => row.error?.message ?? null],
];

/** RFC 4180: a header line, a record a row, CRLF. */
export const csv: Reporter = {
  async *report(run) {
    yield record(COLUMNS.map(([name]) => name));
    for await (const rows of run.rows()) {
      yield rows.map((row) => record(COLUMNS.map(([, cell]) => cell(row)))).join('');
    }
  },
};

function record(cells: readonly Cell[]): string {
  return `${cells.map(field).join(',')}\r\n`;
}

function field(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  // A spreadsheet runs text that begins like this as a formula; behind an apostrophe it shows it.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
