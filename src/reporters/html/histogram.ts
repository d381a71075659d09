import type { Bin } from './bins.js';
import { type Colours, clear, drawing, keepDrawn } from './canvas.js';
import { make } from './dom.js';
import { percent } from './format.js';

export interface Series {
  readonly name: string;
  readonly colour: keyof Colours & ('before' | 'waiting' | 'receiving');
  /** A share for each bin, of 1. */
  readonly shares: readonly number[];
}

const HEIGHT = 190;
const BOTTOM = 20;
const TOP = 18;

/** Bars over the bins of a scale, of each series one. */
export function histogram(
  title: string,
  note: string,
  bins: readonly Bin[],
  series: readonly Series[],
  label: (value: number) => string,
): HTMLElement {
  const said = bins.map(({ from, to }, i) => {
    const parts = series.map(({ name, shares }) => `${percent(shares[i] ?? 0)} ${name}`);
    return `${label(from)} to ${label(to)}: ${parts.join(', ')}`;
  });
  const canvas = drawing(`${title}. ${said.join('; ')}`);
  const plot = make('div', { class: 'plot' }, canvas);
  const legend = make('ul', { class: 'legend' });
  for (const { name, colour } of series) legend.append(make('li', {}, make('span', { class: `key ${colour}` }), name));
  keepDrawn(plot, () => {
    const surface = clear(canvas, plot.clientWidth, HEIGHT);
    if (surface === null || bins.length === 0) return;
    const { context, width, colours } = surface;
    const slot = width / bins.length;
    const gap = Math.min(slot * 0.2, 24);
    const bar = Math.min((slot - gap) / series.length, 56);
    const most = Math.max(...series.flatMap(({ shares }) => shares), 0.0001);
    const scale = (HEIGHT - TOP - BOTTOM) / most;
    context.textAlign = 'center';
    for (const [i, { from }] of bins.entries()) {
      const middle = (i + 0.5) * slot;
      for (const [j, { colour, shares }] of series.entries()) {
        const share = shares[i] ?? 0;
        if (share === 0) continue;
        const height = Math.max(share * scale, 1);
        const x = middle + (j - series.length / 2) * bar;
        context.fillStyle = colours[colour];
        context.fillRect(x + 0.5, HEIGHT - BOTTOM - height, bar - 1, height);
        context.fillStyle = colours.muted;
        if (bar >= 38 || i === shares.indexOf(Math.max(...shares)))
          context.fillText(
            percent(Number(share.toPrecision(2))),
            Math.max(x + bar / 2, 16),
            HEIGHT - BOTTOM - height - 8,
          );
      }
      context.fillStyle = colours.muted;
      // A bin's lower bound stands under its left edge.
      if (slot >= 54 || i % Math.ceil(54 / slot) === 0) {
        context.textAlign = i === 0 ? 'left' : 'center';
        context.fillText(label(from), i * slot, HEIGHT - BOTTOM / 2);
        context.textAlign = 'center';
      }
    }
    context.textAlign = 'right';
    const end = bins.at(-1)?.to ?? 0;
    if (slot >= 92) context.fillText(label(end), width, HEIGHT - BOTTOM / 2);
    context.strokeStyle = colours.muted;
    context.beginPath();
    context.moveTo(0, HEIGHT - BOTTOM + 0.5);
    context.lineTo(width, HEIGHT - BOTTOM + 0.5);
    context.stroke();
  });
  return make('section', { class: 'card' }, make('h2', {}, title), make('p', { class: 'note' }, note), legend, plot);
}
