import { AXIS_HEIGHT, axisOf, drawAxis, place } from './axis.js';
import { drawEnd, drawRow, ROW } from './bars.js';
import { clear, drawing } from './canvas.js';
import type { Run } from './data.js';
import { make } from './dom.js';
import { count, integer, shown, size, time, under } from './format.js';
import { bounds, PHASES, type Row } from './rows.js';
import type { Scale } from './scale.js';
import { Scroller } from './scroller.js';
import { strip } from './strip.js';

/** So many rows are in sight at most, and so many are printed: a longer list scrolls. */
const MOST = 34;
const PRINTED = 50;

/** On the axis of the whole run, the bars of more rows would be dots. */
const ZOOM_FROM = 300;

const HINT = 'Point at a bar to read its times; the table below has them all.';

/** A bar for every request, one under the other, on the axis of time; and under it how many were in flight. */
export function waterfall(run: Run, name: string, scale: Scale, comparing: boolean): HTMLElement {
  const { rows } = run;
  const { span, origin, labels } = scale;
  const canvas = drawing(`Waterfall, ${name}: ${count(rows.length, 'request')} over ${time(run.duration)}`);
  const zoom = make('input', { type: 'checkbox' });
  zoom.checked = rows.length > ZOOM_FROM && !comparing;
  const details = make('p', { class: 'details' }, HINT);
  const sight = make('div', { class: 'sight' });
  let pointed: number | null = null;

  const scroller = new Scroller(
    `Waterfall, ${name}`,
    canvas,
    { rowHeight: ROW, header: AXIS_HEIGHT, most: MOST },
    (first, fitting, width) => {
      const surface = clear(canvas, width, scroller.element.clientHeight);
      if (surface === null) return;
      const from = Math.floor(first);
      const visible = rows.slice(from, Math.ceil(first + fitting));
      const whole = axisOf(0, span, width, labels);
      const axis = zoom.checked ? axisOf(...extent(visible), width, labels) : whole;
      drawAxis(surface, axis, true);
      surface.context.save();
      surface.context.rect(0, AXIS_HEIGHT, width, surface.height);
      surface.context.clip();
      for (const [i, row] of visible.entries()) {
        const top = AXIS_HEIGHT + (from + i - first) * ROW;
        drawRow(surface, axis, row, top, shown(under(origin, row.url)), from + i === pointed);
      }
      if (!zoom.checked) drawEnd(surface, axis, run.duration);
      surface.context.restore();
      sight.hidden = !zoom.checked;
      sight.style.left = `${place(whole, axis.from)}px`;
      sight.style.width = `${Math.max(place(whole, axis.to) - place(whole, axis.from), 2)}px`;
    },
  );
  scroller.count = rows.length;
  zoom.addEventListener('change', () => scroller.draw());

  const point = (row: number | null): void => {
    pointed = row;
    const pointedRow = row === null ? undefined : rows[row];
    details.textContent = pointedRow === undefined ? HINT : tell(pointedRow);
    scroller.draw();
  };
  const follow = ({ offsetY }: PointerEvent): void => {
    point(offsetY > AXIS_HEIGHT ? Math.floor(scroller.first + (offsetY - AXIS_HEIGHT) / ROW) : null);
  };
  canvas.addEventListener('pointerdown', follow);
  canvas.addEventListener('pointermove', follow);
  window.addEventListener('beforeprint', () => {
    scroller.most = PRINTED;
  });
  window.addEventListener('afterprint', () => {
    scroller.most = MOST;
  });

  const inFlight = strip(run, name, scale, rows.length > MOST);
  inFlight.append(sight);
  const label = make('label', { class: 'zoom' }, zoom, ' only the time of the rows in sight');
  const foot = make('div', { class: 'under' }, details, ...(rows.length > MOST ? [label] : []));
  return make('div', {}, scroller.element, inFlight, foot);
}

function extent(rows: readonly Row[]): readonly [from: number, to: number] {
  if (rows.length === 0) return [0, 0];
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const { start, end } of rows) {
    from = Math.min(from, start);
    to = Math.max(to, end);
  }
  return [from, to];
}

function tell(row: Row): string {
  const answer = row.error === null ? `${row.status}, ${size(row.length ?? 0)}` : shown(row.error);
  const times = PHASES.map((phase) => bounds(row, phase)).map(([from, to]) => time(to - from));
  const [before, waiting, receiving] = times;
  const more = [
    ...(row.attempts > 1 ? [count(row.attempts, 'attempt')] : []),
    ...(row.redirects > 0 ? [count(row.redirects, 'redirect')] : []),
  ];
  return [
    `${integer(row.index)}  ${shown(row.url)}`,
    answer,
    `${before} before its request, ${waiting} waiting, ${receiving} receiving`,
    ...more,
  ].join(' · ');
}
