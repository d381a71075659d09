import type { Data, Run } from './data.js';
import { make } from './dom.js';
import { count, digits, integer, size, tick, time } from './format.js';
import { meanInFlight } from './in-flight.js';

/** What a run was. */
export function nameOf({ mode, concurrency }: Run): string {
  const name = mode.charAt(0).toUpperCase() + mode.slice(1);
  return concurrency === 1 ? `${name}, one at a time` : `${name}, ${integer(concurrency)} at once`;
}

/** How its URLs were fetched. */
function pace({ concurrency }: Run): string {
  return concurrency === 1 ? 'one after the other' : `with ${integer(concurrency)} at once`;
}

/** What the page says first, and the sums under it. */
export function summary({ runs, speedup }: Data): HTMLElement {
  const last = runs.at(-1);
  const header = make('header', {}, make('h1', {}, 'fetch-lengths'));
  if (last === undefined) return header;
  const { totals, duration, rows } = last;
  const mean = meanInFlight(rows, duration);
  const [first] = runs;
  if (first !== undefined && first !== last) {
    const headline = speedup === null ? [] : [make('strong', {}, `${digits(speedup)}×`), ' as fast'];
    const all = totals.urls === first.totals.urls ? `All ${count(totals.urls, 'URL')}` : 'The URLs';
    const lead = `${all} took ${time(duration)} ${pace(last)}, and ${time(first.duration)} ${pace(first)}.`;
    header.append(make('p', { class: 'headline' }, ...headline), make('p', { class: 'lead' }, lead));
  } else {
    header.append(
      make('p', { class: 'headline' }, make('strong', {}, time(duration)), ` for ${count(totals.urls, 'URL')}`),
      make('p', { class: 'lead' }, `${nameOf(last)}: the requests took ${tick(mean * duration)}, added up.`),
    );
  }
  const facts = make('dl', { class: 'facts' });
  const fact = (name: string, value: string, style = ''): void => {
    facts.append(make('div', { class: style }, make('dt', {}, name), make('dd', {}, value)));
  };
  fact('URLs', integer(totals.urls));
  fact('ok', integer(totals.ok));
  fact('HTTP errors', integer(totals.httpErrors), totals.httpErrors > 0 ? 'bad' : '');
  fact('failed', integer(totals.failed), totals.failed > 0 ? 'bad' : '');
  fact('bytes', totals.length < 1e12 ? integer(totals.length) : size(totals.length));
  // With --head no body comes at all.
  if (totals.encodedBodySize !== totals.length && totals.encodedBodySize > 0) {
    fact('as they came', integer(totals.encodedBodySize));
  }
  fact('in flight on average', digits(mean));
  fact('started', last.startedDateTime.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'));
  header.append(facts);
  return header;
}
