import { type Column, columnsOf } from './columns.js';
import type { Run } from './data.js';
import { make, setHeight } from './dom.js';
import { count, integer } from './format.js';
import { filtered, type Sorting, type SortKey, type StateFilter, sorted } from './order.js';
import type { Row } from './rows.js';
import { Scroller } from './scroller.js';

const ROW = 30;
const MOST = 20;

/** So many rows are printed. */
const PRINTED = 500;

/** All rows of a run, to sort and to filter. Only those in sight have elements, which rows take over from each other. */
export class Table {
  readonly element: HTMLElement;
  readonly #body = make('tbody');
  readonly #table: HTMLTableElement;
  readonly #scroller: Scroller;
  readonly #status = make('p', { class: 'found', role: 'status' });
  readonly #headers = new Map<SortKey, HTMLElement>();
  readonly #columns: readonly Column[];
  #run: Run;
  #sorting: Sorting = { key: 'state', descending: false };
  #text = '';
  #state: StateFilter = 'all';
  #sorted: readonly Row[] = [];
  #rows: readonly Row[] = [];

  /** @param origin what nearly all URLs begin with, or nothing */
  constructor(runs: readonly [Run, ...Run[]], names: readonly string[], origin: string) {
    this.#columns = columnsOf(origin);
    this.#run = runs.at(-1) ?? runs[0];
    const head = make('tr', { 'aria-rowindex': 1 }, ...this.#columns.map((column) => this.#header(column)));
    this.#table = make('table', { 'aria-label': 'All rows' }, make('thead', {}, head), this.#body);
    const frame = make('div', {}, this.#table);
    this.#scroller = new Scroller('All rows', frame, { rowHeight: ROW, header: ROW, most: MOST }, (first, sight) => {
      setHeight(frame, `${this.#scroller.element.clientHeight}px`);
      this.#draw(first, sight);
    });
    this.element = make(
      'section',
      { class: 'card' },
      make('h2', {}, 'All rows'),
      this.#controls(runs, names),
      this.#scroller.element,
    );
    window.addEventListener('beforeprint', () => this.#print(PRINTED));
    window.addEventListener('afterprint', () => this.#print(MOST));
    this.#sort();
  }

  #header({ key, label, style }: Column): HTMLElement {
    const button = make('button', { type: 'button' }, label);
    const header = make('th', { scope: 'col', class: style }, button);
    button.addEventListener('click', () => {
      const again = this.#sorting.key === key;
      this.#sorting = { key, descending: again && !this.#sorting.descending };
      this.#sort();
    });
    this.#headers.set(key, header);
    return header;
  }

  #controls(runs: readonly Run[], names: readonly string[]): HTMLElement {
    const text = make('input', { type: 'search', autocomplete: 'off', spellcheck: false });
    text.addEventListener('input', () => {
      this.#text = text.value;
      this.#filter();
    });
    const state = choice(
      ['all', 'not-ok', 'failed', 'http-error', 'ok'],
      ['all', 'not ok', 'failed', 'HTTP error', 'ok'],
    );
    state.addEventListener('change', () => {
      this.#state = state.value as StateFilter;
      this.#filter();
    });
    const controls = make(
      'div',
      { class: 'controls' },
      make('label', {}, 'Filter ', text),
      make('label', {}, 'State ', state),
    );
    if (runs.length > 1) {
      const run = choice(
        runs.map((_, i) => String(i)),
        names,
      );
      run.value = String(runs.length - 1);
      run.addEventListener('change', () => {
        this.#run = runs[Number(run.value)] ?? this.#run;
        this.#sort();
      });
      controls.append(make('label', {}, 'Run ', run));
    }
    controls.append(this.#status);
    return controls;
  }

  #sort(): void {
    const { key, descending } = this.#sorting;
    for (const [other, header] of this.#headers) {
      if (other === key) header.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      else header.removeAttribute('aria-sort');
    }
    this.#sorted = sorted(this.#run.rows, this.#sorting);
    this.#filter();
  }

  #filter(): void {
    this.#rows = filtered(this.#sorted, this.#text, this.#state);
    this.#table.setAttribute('aria-rowcount', String(this.#rows.length + 1));
    this.#status.textContent = `${integer(this.#rows.length)} of ${count(this.#run.rows.length, 'row')}`;
    this.#scroller.element.scrollTop = 0;
    this.#scroller.count = this.#rows.length;
  }

  #draw(first: number, sight: number): void {
    const from = Math.floor(first);
    const visible = this.#rows.slice(from, Math.ceil(first + sight));
    const body = this.#body;
    while (body.rows.length < visible.length) {
      body.append(make('tr', {}, ...this.#columns.map(({ style }) => make('td', { class: style }))));
    }
    for (const [i, line] of Array.from(body.rows).entries()) {
      const row = visible[i];
      if (row === undefined) {
        line.remove();
        continue;
      }
      line.setAttribute('aria-rowindex', String(from + i + 2));
      line.className = row.state;
      for (const [j, cell] of Array.from(line.cells).entries()) {
        const column = this.#columns[j];
        cell.replaceChildren(...[column?.cell(row) ?? ''].flat());
        // In whole, where there is no room for it.
        if (column?.key === 'url') cell.title = cell.textContent;
      }
    }
    body.style.transform = `translateY(${(from - first) * ROW}px)`;
  }

  #print(most: number): void {
    this.#scroller.element.scrollTop = 0;
    this.#scroller.most = most;
    this.#scroller.draw();
    if (most === PRINTED && this.#rows.length > PRINTED) this.#status.textContent += `, ${PRINTED} of them printed`;
    else this.#filter();
  }
}

function choice(values: readonly string[], labels: readonly string[]): HTMLSelectElement {
  return make('select', {}, ...values.map((value, i) => make('option', { value }, labels[i] ?? value)));
}
