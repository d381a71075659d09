import type { Row, State } from './rows.js';

export type SortKey = 'index' | 'state' | 'url' | 'length' | 'contentType' | 'start' | 'waiting' | 'duration';

export interface Sorting {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** `not-ok` is both kinds of trouble. */
export type StateFilter = 'all' | 'not-ok' | State;

type Value = number | string | null;

const SEVERITY: Readonly<Record<State, number>> = { failed: 0, 'http-error': 1, ok: 2 };

const VALUES: Readonly<Record<SortKey, (row: Row) => Value>> = {
  index: (row) => row.index,
  state: (row) => SEVERITY[row.state] * 1000 + (row.status ?? 0),
  url: (row) => row.url,
  length: (row) => row.length,
  contentType: (row) => row.contentType,
  start: (row) => row.start,
  waiting: (row) => (row.response > row.request ? row.response - row.request : null),
  duration: (row) => row.end - row.start,
};

/** The rows sorted: what is unknown comes last either way, equals in the order of the list. */
export function sorted(rows: readonly Row[], { key, descending }: Sorting): Row[] {
  const rank = VALUES[key];
  const sign = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: rank(row) }))
    .sort((a, b) => {
      if (a.value === b.value) return a.row.index - b.row.index;
      if (a.value === null) return 1;
      if (b.value === null) return -1;
      return a.value < b.value ? -sign : sign;
    })
    .map(({ row }) => row);
}

/** The rows in a state whose URL, content type or error has the text, in whatever case. */
export function filtered(rows: readonly Row[], text: string, state: StateFilter): Row[] {
  const wanted = text.trim().toLowerCase();
  const has = (field: string | null): boolean => field?.toLowerCase().includes(wanted) ?? false;
  return rows.filter((row) => {
    if (state === 'not-ok' ? row.state === 'ok' : state !== 'all' && row.state !== state) return false;
    return wanted === '' || has(row.url) || has(row.contentType) || has(row.error);
  });
}
