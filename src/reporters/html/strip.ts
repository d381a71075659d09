import { AXIS_HEIGHT, axisOf, drawAxis, place } from './axis.js';
import { clear, drawing, keepDrawn } from './canvas.js';
import type { Run } from './data.js';
import { make } from './dom.js';
import { digits, integer } from './format.js';
import { inFlight, meanInFlight, peak } from './in-flight.js';
import { PHASES } from './rows.js';
import type { Scale } from './scale.js';

const PLOT = 46;
const GAP = 12;

/** How many were in flight over time, by what they were doing; `times` if it has to say which is where. */
export function strip(run: Run, name: string, { span, labels, most }: Scale, times: boolean): HTMLElement {
  const mean = digits(meanInFlight(run.rows, run.duration));
  const canvas = drawing(`In flight over time, ${name}: ${integer(peak(run.rows))} at most, ${mean} on average`);
  const element = make('div', { class: 'strip' }, canvas);
  const top = times ? AXIS_HEIGHT : GAP;
  const height = top + PLOT;
  keepDrawn(element, () => {
    const surface = clear(canvas, element.clientWidth, height);
    if (surface === null) return;
    const { context, width, colours } = surface;
    const axis = axisOf(0, span, width, labels);
    drawAxis(surface, axis, times);
    const count = Math.max(Math.floor(axis.right - axis.left), 1);
    const scale = (PLOT - 1) / Math.max(most, 1);
    const base = new Float64Array(count);
    for (const phase of PHASES) {
      context.fillStyle = colours[phase];
      context.beginPath();
      for (const [i, mean] of inFlight(run.rows, phase, axis.to, count).entries()) {
        const below = base[i] ?? 0;
        base[i] = below + mean;
        context.rect(axis.left + i, height - 1 - below * scale, 1, -mean * scale);
      }
      context.fill();
    }
    context.strokeStyle = colours.muted;
    context.beginPath();
    context.moveTo(axis.left, height - 0.5);
    context.lineTo(place(axis, axis.to), height - 0.5);
    context.stroke();
    context.fillStyle = colours.muted;
    context.textAlign = 'right';
    context.fillText(integer(most), axis.left - 6, top + 3);
    context.fillText('0', axis.left - 6, height - 7);
    context.textAlign = 'left';
    context.fillText('in flight', 4, top + PLOT / 2);
  });
  return element;
}
