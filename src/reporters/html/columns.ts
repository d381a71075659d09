import { integer, shown, time } from './format.js';
import type { SortKey } from './order.js';
import type { Row } from './rows.js';

export interface Column {
  readonly key: SortKey;
  readonly label: string;
  /** Its class: `wide` is left out where there is little room, `number` is set to the right. */
  readonly style: string;
  readonly cell: (row: Row) => string;
}

export const COLUMNS: readonly Column[] = [
  { key: 'index', label: '#', style: 'number index wide', cell: (row) => integer(row.index) },
  { key: 'state', label: 'State', style: 'state', cell: stateOf },
  {
    key: 'url',
    label: 'URL',
    style: 'url',
    cell: ({ url, error }) => `${shown(url)}${error === null ? '' : `  ${shown(messageOf(error))}`}`,
  },
  {
    key: 'length',
    label: 'Bytes',
    style: 'number',
    cell: ({ length }) => (length === null ? '–' : integer(length)),
  },
  { key: 'contentType', label: 'Type', style: 'type wide', cell: ({ contentType }) => shown(contentType ?? '–') },
  { key: 'start', label: 'Start', style: 'number wide', cell: ({ start }) => time(start) },
  {
    key: 'waiting',
    label: 'Waiting',
    style: 'number wide',
    cell: ({ request, response }) => (response > request ? time(response - request) : '–'),
  },
  { key: 'duration', label: 'Duration', style: 'number', cell: ({ start, end }) => time(end - start) },
];

function stateOf({ status, error }: Row): string {
  return error === null ? String(status) : error.slice(0, error.indexOf(':'));
}

function messageOf(error: string): string {
  return error.slice(error.indexOf(':') + 2);
}
