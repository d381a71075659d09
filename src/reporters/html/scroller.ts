import { keepDrawn } from './canvas.js';
import { make, setHeight } from './dom.js';

/** No browser lays out a taller box without losing its place, in pixels. */
const MAX_HEIGHT = 8_000_000;

/** Draws what is in sight. */
export type DrawRows = (first: number, sight: number, width: number) => void;

/**
 * A box that scrolls over more rows than it holds: its content stays where it is and shows those whose turn it is.
 * `header` pixels above the rows stay in sight.
 */
export class Scroller {
  readonly element: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #rowHeight: number;
  readonly #header: number;
  readonly #draw: DrawRows;
  #count = 0;
  #most: number;
  #due = false;

  /** @param most rows in sight at most */
  constructor(
    label: string,
    content: HTMLElement,
    sizes: { readonly rowHeight: number; readonly header: number; readonly most: number },
    draw: DrawRows,
  ) {
    content.classList.add('stays');
    this.#spacer = make('div', {}, content);
    this.element = make('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': label }, this.#spacer);
    this.#rowHeight = sizes.rowHeight;
    this.#header = sizes.header;
    this.#most = sizes.most;
    this.#draw = draw;
    this.element.addEventListener('scroll', () => this.#schedule(), { passive: true });
    keepDrawn(this.element, () => this.draw());
  }

  /** How many rows there are. */
  set count(count: number) {
    this.#count = count;
    this.#measure();
    this.#schedule();
  }

  get most(): number {
    return this.#most;
  }

  set most(most: number) {
    this.#most = most;
    this.#measure();
  }

  /** The row in sight at the top, with a fraction. */
  get first(): number {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    const beyond = scrollHeight - clientHeight;
    return beyond > 0 ? (scrollTop / beyond) * Math.max(this.#count - this.#sight(), 0) : 0;
  }

  draw(): void {
    this.#due = false;
    this.#draw(this.first, this.#sight(), this.element.clientWidth);
  }

  #sight(): number {
    return (this.element.clientHeight - this.#header) / this.#rowHeight;
  }

  #measure(): void {
    const height = (rows: number): string => `${Math.min(rows * this.#rowHeight + this.#header, MAX_HEIGHT)}px`;
    setHeight(this.#spacer, height(this.#count));
    setHeight(this.element, height(Math.min(Math.max(this.#count, 1), this.#most)));
  }

  #schedule(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => this.draw());
  }
}
