import { platform } from 'node:os';
import { Writable } from 'node:stream';

/** So many bytes come through a pipe in one piece, whoever else writes to it (POSIX; no system has less than 512). */
const PIPE_BUF = platform() === 'linux' ? 4096 : 512;

const LF = 0x0a;

/**
 * Writes to a pipe, a few whole lines at a time: several processes may share it (`xargs -P`), and what is written
 * in more than `PIPE_BUF` bytes may be mixed with what others write.
 */
export class PipeStream extends Writable {
  readonly #pipe: Writable;

  constructor(pipe: Writable) {
    super();
    this.#pipe = pipe;
    pipe.on('error', (error) => this.destroy(error));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    let start = 0;
    // One after the other: what a stream has to keep it writes together.
    const writeNext = (error?: Error | null): void => {
      if (error || start === chunk.length) {
        done(error);
        return;
      }
      const end = endOfPiece(chunk, start);
      const piece = chunk.subarray(start, end);
      start = end;
      this.#pipe.write(piece, writeNext);
    };
    writeNext();
  }
}

/** As many whole lines as fit, or else one that is longer. */
function endOfPiece(chunk: Buffer, start: number): number {
  if (chunk.length - start <= PIPE_BUF) return chunk.length;
  const last = chunk.lastIndexOf(LF, start + PIPE_BUF - 1);
  const lineEnd = last >= start ? last : chunk.indexOf(LF, start);
  return lineEnd === -1 ? chunk.length : lineEnd + 1;
}
