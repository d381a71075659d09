import { make } from './dom.js';
import { integer, shown, time, under } from './format.js';
import type { SortKey } from './order.js';
import type { Row } from './rows.js';

type Content = string | Node;

export interface Column {
  readonly key: SortKey;
  readonly label: string;
  /** Its class: `wide` is left out where there is little room, `number` is set to the right. */
  readonly style: string;
  readonly cell: (row: Row) => Content | readonly Content[];
}

/** @param origin what nearly all URLs begin with, or nothing: it is set apart from what tells them apart */
export function columnsOf(origin: string): readonly Column[] {
  const url = (row: Row): Content[] => {
    const rest = under(origin, row.url);
    return [
      ...(rest === row.url ? [] : [make('span', { class: 'prefix' }, shown(origin))]),
      shown(rest),
      ...(row.error === null ? [] : [make('span', { class: 'why' }, `  ${shown(messageOf(row.error))}`)]),
    ];
  };
  return [
    { key: 'index', label: '#', style: 'number index wide', cell: ({ index }) => integer(index) },
    { key: 'state', label: 'State', style: 'state', cell: stateOf },
    { key: 'url', label: 'URL', style: 'url', cell: url },
    { key: 'length', label: 'Bytes', style: 'number', cell: ({ length }) => (length === null ? '–' : integer(length)) },
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
}

function stateOf({ status, error }: Row): string {
  return error === null ? String(status) : error.slice(0, error.indexOf(':'));
}

function messageOf(error: string): string {
  return error.slice(error.indexOf(':') + 2);
}
