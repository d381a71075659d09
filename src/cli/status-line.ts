import type { HostProcess } from './host.js';

/** How often it is drawn, in milliseconds. */
const INTERVAL = 100;

/** Of a terminal that does not tell its width. */
const COLUMNS = 80;

const ERASE_LINE = '\x1b[K';
/** To the end of the screen: a terminal that was made narrower may have broken the line into several. */
const ERASE_BELOW = '\x1b[J';
const RIGHT = '\x1b[C';
const WRAP_OFF = '\x1b[?7l';
const WRAP_ON = '\x1b[?7h';

/** How the process ends where nobody closes the line: the first comes before a bug is told. */
const ENDS = ['uncaughtExceptionMonitor', 'exit'] as const;

/**
 * The line at the foot of a terminal that is drawn again and again. The cursor stays at its beginning: from there all of it
 * can be erased, whatever became of it when the window changed.
 */
export class StatusLine {
  readonly #host: HostProcess;
  readonly #render: (columns: number) => string;
  readonly #timer: NodeJS.Timeout;
  #beforeDrawing: () => void = () => {};
  #shown = false;

  /** @param render the text of the line, at most as wide as it may be */
  constructor(host: HostProcess, render: (columns: number) => string) {
    this.#host = host;
    this.#render = render;
    this.#timer = setInterval(() => this.#draw(), INTERVAL);
    for (const event of ENDS) host.on(event, this.#clear);
  }

  /** Whoever writes whole lines to the same terminal is called whenever there is time for that. */
  share(write: () => void): void {
    this.#beforeDrawing = write;
  }

  /** Makes way for whole lines of other text. */
  clear(): void {
    // Not all of it from the first column: what is erased from the very first of a screen tmux keeps in its history.
    if (this.#shown) this.#host.stderr.write(`\r${ERASE_LINE}${RIGHT}${ERASE_BELOW}\r`);
    this.#shown = false;
  }

  /** Leaves nothing behind. */
  close(): void {
    clearInterval(this.#timer);
    for (const event of ENDS) this.#host.off(event, this.#clear);
    this.clear();
  }

  readonly #clear = (): void => this.clear();

  #draw(): void {
    this.#beforeDrawing();
    const text = this.#render(this.#host.stderr.columns || COLUMNS);
    if (text === '') {
      this.clear();
      return;
    }
    // It may be told of another width only after this.
    this.#host.stderr.write(`\r${WRAP_OFF}${text}${WRAP_ON}${ERASE_BELOW}\r`);
    this.#shown = true;
  }
}
