import type { Writable } from 'node:stream';
import { FileStream } from './file-stream.js';
import { isReaderGone, OutputError } from './output.js';
import type { StatusLine } from './status-line.js';

/** So much text is written at once, in characters. */
const BATCH = 65_536;

/** No row waits longer for others to be written with, in milliseconds. */
const MAX_WAIT = 50;

/** Whoever read the output has gone away: no error, but the end. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** The one writer: whole batches of text, no faster than they are taken, all of it before the end. */
export class Writer {
  readonly #stream: Writable;
  readonly #onFailure: () => void;
  readonly #line: StatusLine | null;
  #text = '';
  #timer: NodeJS.Timeout | undefined;
  #failure: OutputError | ReaderGone | null = null;
  #wake: (() => void) | null = null;

  /**
   * @param onFailure called as soon as the stream fails; to write then throws `OutputError` or `ReaderGone`
   * @param line has the terminal's last line, if that is where the stream leads
   */
  constructor(stream: Writable, onFailure: () => void, line: StatusLine | null = null) {
    this.#stream = stream;
    this.#onFailure = onFailure;
    this.#line = line;
    line?.share(() => this.#flushLines());
    stream.on('error', (error) => this.#fail(error));
  }

  /** Resolves when more may be written. */
  async write(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= BATCH) this.#flushLines();
    else if (this.#line === null) this.#timer ??= setTimeout(() => this.#flush(), MAX_WAIT);
    if (this.#stream.writableNeedDrain) await this.#until((wake) => this.#stream.once('drain', wake));
    if (this.#failure !== null) throw this.#failure;
  }

  /** Resolves when all is written. */
  async end(): Promise<void> {
    this.#flush();
    // What failed before counts, not that nothing can be written after it.
    await this.#until((wake) => {
      const done = (error?: Error | null): void => {
        if (error) this.#fail(this.#stream.errored ?? error);
        else wake();
      };
      // A file may tell only when it is closed that there was no room.
      if (this.#stream instanceof FileStream) this.#stream.end(done);
      else this.#stream.write('', done);
    });
    if (this.#failure !== null) throw this.#failure;
  }

  /** An open line waits for its end where something else would be drawn behind it. */
  #flushLines(): void {
    if (this.#line === null) {
      this.#flush();
      return;
    }
    const end = this.#text.lastIndexOf('\n') + 1;
    if (end === 0) return;
    this.#line.clear();
    this.#stream.write(this.#text.slice(0, end));
    this.#text = this.#text.slice(end);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text !== '') this.#stream.write(this.#text);
    this.#text = '';
  }

  /** Waits for the stream to call back, or to fail. */
  async #until(listen: (wake: () => void) => void): Promise<void> {
    if (this.#failure !== null) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      listen(resolve);
    });
    this.#wake = null;
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#failure !== null) return;
    clearTimeout(this.#timer);
    this.#failure = isReaderGone(error)
      ? new ReaderGone()
      : new OutputError(`cannot write the output: ${error.message}`, { cause: error });
    this.#onFailure();
    this.#wake?.();
  }
}
