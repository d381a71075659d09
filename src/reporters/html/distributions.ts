import { bins, quantile, shares } from './bins.js';
import type { Run } from './data.js';
import { make } from './dom.js';
import { percent, shown, size, tick, time } from './format.js';
import { histogram } from './histogram.js';
import type { Row } from './rows.js';

/** Where the bytes are, and how long URLs took. */
export function distributions(runs: readonly Run[]): HTMLElement {
  const last = runs.at(-1);
  const charts = make('div', { class: 'charts' });
  if (last !== undefined) charts.append(sizes(last), durations(runs));
  return charts;
}

function sizes({ rows }: Run): HTMLElement {
  const largest = best(rows, (row) => row.length ?? -1);
  const lengths = rows.flatMap(({ length }) => (length === null ? [] : [length]));
  const scale = bins(lengths);
  let all = 0;
  for (const length of lengths) all += length;
  const note =
    largest?.length == null
      ? 'No URL was answered.'
      : `Largest: ${shown(largest.url)}, ${size(largest.length)}${all > 0 ? `, ${percent(largest.length / all)} of all bytes` : ''}.`;
  return histogram(
    'Where the bytes are',
    note,
    scale,
    [
      { name: 'of the URLs', colour: 'before', shares: shares(lengths, scale, () => 1) },
      { name: 'of the bytes', colour: 'receiving', shares: shares(lengths, scale, (length) => length) },
    ],
    size,
  );
}

function durations(runs: readonly Run[]): HTMLElement {
  const times = runs.map(({ rows }) => rows.map(({ start, end }) => end - start));
  const scale = bins(times.flat());
  const rows = runs.at(-1)?.rows ?? [];
  const sorted = rows.map(({ start, end }) => end - start).sort((a, b) => a - b);
  const slowest = best(rows, ({ start, end }) => end - start);
  const note =
    slowest === null
      ? 'There was no URL.'
      : `Half of the URLs took ${time(quantile(sorted, 0.5) ?? 0)} at most, 95 % ${time(quantile(sorted, 0.95) ?? 0)}. ` +
        `Slowest: ${shown(slowest.url)}, ${time(slowest.end - slowest.start)}.`;
  return histogram(
    'How long a URL took',
    note,
    scale,
    times.map((values, i) => ({
      name: runs.length > 1 ? `of the URLs, ${runs[i]?.mode}` : 'of the URLs',
      colour: i < runs.length - 1 ? 'before' : 'waiting',
      shares: shares(values, scale, () => 1),
    })),
    tick,
  );
}

function best(rows: readonly Row[], rank: (row: Row) => number): Row | null {
  let found: Row | null = null;
  for (const row of rows) if (found === null || rank(row) > rank(found)) found = row;
  return found;
}
