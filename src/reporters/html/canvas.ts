import { make, setHeight } from './dom.js';

const COLOURS = ['text', 'muted', 'line', 'band', 'background', 'before', 'waiting', 'receiving', 'failed'] as const;

/** The colours of the style sheet, as they are now: the scheme may change, and paper is light. */
export type Colours = Readonly<Record<(typeof COLOURS)[number], string>>;

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly colours: Colours;
}

const FONT = '11px system-ui, sans-serif';

/** A drawing, and what it says for those who do not see it. */
export function drawing(label: string): HTMLCanvasElement {
  return make('canvas', { role: 'img', 'aria-label': label });
}

/** Clears a canvas at the size that it is shown in, in the screen's own pixels. */
export function clear(canvas: HTMLCanvasElement, width: number, height: number): Surface | null {
  const context = canvas.getContext('2d');
  if (context === null || width <= 0 || height <= 0) return null;
  const ratio = Math.max(window.devicePixelRatio, root.classList.contains('printing') ? 2 : 1);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  setHeight(canvas, `${height}px`);
  context.scale(ratio, ratio);
  context.font = FONT;
  context.textBaseline = 'middle';
  return { context, width, height, colours: colours() };
}

const root = document.documentElement;

function colours(): Colours {
  const style = getComputedStyle(root);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours;
}

const redraws: (() => void)[] = [];

/** Draws now, and again whenever the element's size or the colours change. */
export function keepDrawn(element: Element, draw: () => void): void {
  redraws.push(draw);
  new ResizeObserver(draw).observe(element);
}

/** Draws everything again, at once: what is printed is what is there when the event ends. */
export function redrawAll(): void {
  for (const draw of redraws) draw();
}

window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);
