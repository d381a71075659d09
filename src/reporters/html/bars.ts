import { AXIS_HEIGHT, type Axis, place } from './axis.js';
import type { Surface } from './canvas.js';
import { time } from './format.js';
import { bounds, PHASES, type Row } from './rows.js';

/** Height of a row of a waterfall, in pixels. */
export const ROW = 12;

/** A request as a bar of its phases; `on` if it is the one pointed at. */
export function drawRow(
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
    context.fillRect(x, top + 1.5, Math.max(place(axis, to) - x, 1), ROW - 3);
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
export function drawEnd({ context, height, colours }: Surface, axis: Axis, duration: number): void {
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
