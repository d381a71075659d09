import { close, fstatSync, ftruncateSync, write } from 'node:fs';
import { Writable } from 'node:stream';

const LF = 0x0a;

/**
 * Writes to a regular file. Node's own stream for standard output takes a short write for a whole one, and a disk that is
 * full leaves half a line: here all is written, or the file ends with its last whole line.
 */
export class FileStream extends Writable {
  readonly #fd: number;
  readonly #owned: boolean;
  readonly #onWritten: () => void;
  /** Bytes behind the last line end. */
  #openLine = 0;

  /**
   * @param owned whether it is closed when all is written; else, and after a failure, with the process
   * @param onWritten called before it is closed; what it throws is a failure to write
   */
  constructor(fd: number, owned: boolean, onWritten: () => void = () => {}) {
    super();
    this.#fd = fd;
    this.#owned = owned;
    this.#onWritten = onWritten;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    let rest = chunk;
    const writeRest = (): void => {
      write(this.#fd, rest, (error, count) => {
        if (error !== null) {
          this.#dropOpenLine();
          done(error);
          return;
        }
        const lineEnd = rest.subarray(0, count).lastIndexOf(LF);
        this.#openLine = lineEnd === -1 ? this.#openLine + count : count - lineEnd - 1;
        rest = rest.subarray(count);
        if (rest.length === 0) done();
        else writeRest();
      });
    };
    writeRest();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#owned) {
      done();
      return;
    }
    try {
      this.#onWritten();
    } catch (error) {
      done(error as Error);
      return;
    }
    close(this.#fd, done);
  }

  #dropOpenLine(): void {
    if (this.#openLine === 0) return;
    try {
      ftruncateSync(this.#fd, fstatSync(this.#fd).size - this.#openLine);
    } catch {
      // The failure to write is what counts.
    }
  }
}
