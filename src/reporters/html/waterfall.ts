import { AXIS_HEIGHT, type Axis, axisOf, drawAxis, place } from './axis.js';
import { clear, drawing, type Surface } from './canvas.js';
import type { Run } from './data.js';
import { make } from './dom.js';
import { count, integer, shown, size, time } from './format.js';
import { bounds, PHASES, type Row } from './rows.js';
import type { Scale } from './scale.js';
import { Scroller } from './scroller.js';
import { strip } from './strip.js';

const ROW = 14;

/** So many rows are in sight at most: a longer list scrolls. */
const MOST = 30;

/** More than fit would be dots on the axis of the whole run. */
const ZOOM_FROM = 300;

/** A bar for every request, one under the other, on the axis of time. */
export function waterfall(run: Run, name: string, scale: Scale, comparing: boolean): HTMLElement {
  const { rows } = run;
  const { span, prefix, labels } = scale;
  const canvas = drawing(`Waterfall, ${name}: ${count(rows.length, 'request')} over ${time(run.duration)}`);
  const zoom = make('input', { type: 'checkbox' });
  zoom.checked = rows.length > ZOOM_FROM && !comparing;
  const details = make('p', { class: 'details' }, HINT);
  let pointed: number | null = null;

  const scroller = new Scroller(
    `Waterfall, ${name}`,
    canvas,
    { rowHeight: ROW, header: AXIS_HEIGHT, most: MOST },
    (first, sight, width) => {
      const surface = clear(canvas, width, scroller.element.clientHeight);
      if (surface === null) return;
      const from = Math.floor(first);
      const visible = rows.slice(from, Math.ceil(first + sight));
      const axis = zoom.checked ? around(visible, width, labels) : axisOf(0, span, width, labels);
      drawAxis(surface, axis, true);
      surface.context.save();
      surface.context.rect(0, AXIS_HEIGHT, width, surface.height);
      surface.context.clip();
      for (const [i, row] of visible.entries()) {
        const top = AXIS_HEIGHT + (from + i - first) * ROW;
        drawRow(surface, axis, row, top, shown(row.url.slice(prefix.length) || '/'), from + i === pointed);
      }
      if (!zoom.checked) drawEnd(surface, axis, run.duration);
      surface.context.restore();
    },
  );
  scroller.count = rows.length;
  zoom.addEventListener('change', () => scroller.draw());

  canvas.addEventListener('pointermove', (event) => {
    const row = Math.floor(scroller.first + (event.offsetY - AXIS_HEIGHT) / ROW);
    pointed = event.offsetY > AXIS_HEIGHT && row < rows.length ? row : null;
    const pointedRow = rows[pointed ?? rows.length];
    details.textContent = pointedRow === undefined ? HINT : tell(pointedRow);
    scroller.draw();
  });
  canvas.addEventListener('pointerleave', () => {
    pointed = null;
    scroller.draw();
  });
  window.addEventListener('beforeprint', () => {
    scroller.most = 100;
  });
  window.addEventListener('afterprint', () => {
    scroller.most = MOST;
  });

  const label = make('label', { class: 'zoom' }, zoom, ' times of the rows in sight only');
  const under = make('div', { class: 'under' }, details, ...(rows.length > MOST ? [label] : []));
  return make('div', {}, scroller.element, strip(run, name, scale), under);
}

const HINT = 'Point at a bar to read its times; the table below has them all.';

function around(rows: readonly Row[], width: number, labels: number): Axis {
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const { start, end } of rows) {
    from = Math.min(from, start);
    to = Math.max(to, end);
  }
  return axisOf(rows.length === 0 ? 0 : from, to, width, labels);
}

function drawRow(
  { context, width, colours }: Surface,
  axis: Axis,
  row: Row,
  top: number,
  label: string,
  on: boolean,
): void {
  if (on) {
    context.fillStyle = colours.band;
    context.fillRect(0, top, width, ROW);
  }
  const failed = row.state === 'failed';
  context.textAlign = 'left';
  context.fillStyle = row.state === 'ok' ? colours.muted : colours.failed;
  context.fillText(fitting(context, label, axis.left - 12), 4, top + ROW / 2 + 0.5);
  for (const phase of PHASES) {
    const [from, to] = bounds(row, phase);
    if (to <= from) continue;
    const x = place(axis, from);
    context.fillStyle = colours[phase];
    context.fillRect(x, top + 2, Math.max(place(axis, to) - x, 1), ROW - 4);
  }
  if (row.state === 'ok') return;
  // Told apart by more than a colour.
  context.fillStyle = colours.failed;
  context.fillText(failed ? '✕' : '!', place(axis, row.end) + 3, top + ROW / 2 + 0.5);
}

/** A text as far as there is room: a URL tells more at its end. */
function fitting(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (context.measureText(`…${text.slice(middle)}`).width <= room) high = middle;
    else low = middle + 1;
  }
  return `…${text.slice(low)}`;
}

/** When the run was over: what comes behind is time gained. */
function drawEnd({ context, height, colours }: Surface, axis: Axis, duration: number): void {
  const x = Math.round(place(axis, duration)) + 0.5;
  context.strokeStyle = colours.text;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, AXIS_HEIGHT);
  context.lineTo(x, height);
  context.stroke();
  context.setLineDash([]);
  if (axis.right - x < 150) return;
  context.fillStyle = colours.text;
  context.textAlign = 'left';
  context.font = 'bold 16px system-ui, sans-serif';
  context.fillText(`all done after ${time(duration)}`, x + 20, (height + AXIS_HEIGHT) / 2);
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
