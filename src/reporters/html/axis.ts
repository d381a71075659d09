import type { Surface } from './canvas.js';
import { tick } from './format.js';
import { ticks } from './ticks.js';

/** Height of the line with the times, in pixels. */
export const AXIS_HEIGHT = 20;

/** Which times are where: those of the runs of a page are drawn over one another, so that they compare. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly right: number;
}

/** Room for labels of so many characters on the left: enough to tell URLs apart, little on a phone. */
export function axisOf(from: number, to: number, width: number, labels: number): Axis {
  const left = Math.min(Math.max(labels * 6.5 + 16, 64), Math.max(width * 0.2, 64));
  return { from, to: Math.max(to, from + 0.001), left, right: width - 14 };
}

export function place({ from, to, left, right }: Axis, time: number): number {
  return left + ((time - from) / (to - from)) * (right - left);
}

/** Lines at round times, and the times over them. */
export function drawAxis({ context, height, colours }: Surface, axis: Axis, labels: boolean): void {
  const most = Math.floor((axis.right - axis.left) / 90);
  context.textAlign = 'center';
  for (const time of ticks(axis.from, axis.to, most)) {
    const x = Math.round(place(axis, time)) + 0.5;
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(x, labels ? AXIS_HEIGHT - 3 : 0);
    context.lineTo(x, height);
    context.stroke();
    context.fillStyle = colours.muted;
    if (labels) context.fillText(tick(time), Math.min(x, axis.right - 4), AXIS_HEIGHT / 2);
  }
}
