import { Transform, type TransformCallback } from 'node:stream';
import * as zlib from 'node:zlib';

/** Undoes one coding. */
export interface Stage extends Transform {
  /** How much of what was written to it the decoder has made use of. */
  readonly bytesWritten: number;
}

/** The two ways to undo a coding. */
export interface Coding {
  createStage(): Stage;
  /** @throws what zlib throws */
  decode(encoded: Buffer, options: zlib.ZlibOptions): unknown;
}

/** zstd came to Node with 22.15. */
const { createZstdDecompress, zstdDecompressSync } = zlib as {
  createZstdDecompress?: (options: zlib.ZlibOptions) => Stage;
  zstdDecompressSync?: Coding['decode'];
};

/** What `Accept-Encoding` asks for with `compressed`. */
export const ACCEPT_ENCODING: string = `gzip, deflate, br${createZstdDecompress ? ', zstd' : ''}`;

/** In bytes. Measured on bodies of 40 MB and more, with Node's own sizes it took three to ten times as long. */
const STAGE_OPTIONS = {
  /** Each decoded chunk is a trip to another thread and back. */
  chunkSize: 65_536,
  /** To hold a body back costs undici a copy of all that has come meanwhile: better seldom. */
  writableHighWaterMark: 262_144,
};

const GZIP: Coding = { createStage: () => zlib.createGunzip(STAGE_OPTIONS), decode: zlib.gunzipSync };

export const CODINGS: Readonly<Record<string, Coding>> = {
  gzip: GZIP,
  'x-gzip': GZIP,
  deflate: {
    createStage: () => new InflateEither(),
    decode: (encoded, options) => (isWrapped(encoded) ? zlib.inflateSync : zlib.inflateRawSync)(encoded, options),
  },
  br: { createStage: () => zlib.createBrotliDecompress(STAGE_OPTIONS), decode: zlib.brotliDecompressSync },
  ...(createZstdDecompress &&
    zstdDecompressSync && {
      zstd: {
        createStage: () => new ZstdFrames(() => createZstdDecompress(STAGE_OPTIONS)),
        decode: zstdDecompressSync,
      },
    }),
};

/** The codings of a field (RFC 9110, section 8.4), in the order in which they were applied. */
export function parseCodings(field: string | null): string[] {
  if (field === null) return [];
  return field
    .split(',')
    .map((coding) => trimBlanks(coding).toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity' && coding !== 'none');
}

/** Without the optional white space of HTTP (RFC 9110, section 5.6.3), which is less than that of `trim`. */
function trimBlanks(text: string): string {
  const blank = (i: number): boolean => text[i] === ' ' || text[i] === '\t';
  let start = 0;
  let end = text.length;
  while (start < end && blank(start)) start++;
  while (start < end && blank(end - 1)) end--;
  return text.slice(start, end);
}

/** A stage that leaves the work to one of Node's, of which it knows more when the first bytes have come. */
abstract class OuterStage extends Transform implements Stage {
  abstract readonly bytesWritten: number;
  protected inner: Stage | null = null;

  constructor() {
    super(STAGE_OPTIONS);
  }

  /** What the inner stage decodes is what this one does. */
  protected start(inner: Stage): Stage {
    inner.on('data', (chunk: Buffer) => this.push(chunk) || inner.pause()).on('error', (error) => this.destroy(error));
    this.inner = inner;
    return inner;
  }

  override _read(size: number): void {
    this.inner?.resume();
    super._read(size);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.inner?.destroy();
    done(error);
  }
}

/** `deflate` means zlib's wrapper (RFC 9110, section 8.4.1.2), but some servers send the bare stream. */
class InflateEither extends OuterStage {
  #head: Buffer = Buffer.alloc(0);

  get bytesWritten(): number {
    return this.inner?.bytesWritten ?? 0;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.inner !== null) {
      this.inner.write(chunk, done);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length < 2) done();
    else this.#inflate().write(this.#head, done);
  }

  override _flush(done: TransformCallback): void {
    const unread = this.inner === null ? this.#head : undefined;
    const inflate = this.inner ?? this.#inflate();
    inflate.once('end', () => done());
    inflate.end(unread);
  }

  #inflate(): Stage {
    const inflate = (isWrapped(this.#head) ? zlib.createInflate : zlib.createInflateRaw)(STAGE_OPTIONS);
    // What follows is not its own.
    return this.start(inflate.on('end', () => this.push(null)));
  }
}

/** A zstd body is one frame after the other (RFC 8878, section 3.1); some Nodes decode no more than the first. */
class ZstdFrames extends OuterStage {
  bytesWritten = 0;
  readonly #open: Coding['createStage'];

  constructor(open: Coding['createStage']) {
    super();
    this.#open = open;
  }

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    const frame = this.#frame();
    const before = frame.bytesWritten;
    // It has come to its end and left something over.
    const onEnd = (): void => {
      const used = frame.bytesWritten - before;
      this.bytesWritten += used;
      this.inner = null;
      this._transform(chunk.subarray(used), encoding, done);
    };
    frame.once('end', onEnd);
    frame.write(chunk, (error) => {
      frame.off('end', onEnd);
      // A frame that has come to its end says so once more.
      if (error || this.inner !== frame) return;
      this.bytesWritten += chunk.length;
      done();
    });
  }

  override _flush(done: TransformCallback): void {
    this.#frame()
      .once('end', () => done())
      .end();
  }

  #frame(): Stage {
    return this.inner ?? this.start(this.#open());
  }
}

/** By the wrapper's two bytes (RFC 1950, section 2.2). */
function isWrapped(encoded: Buffer): boolean {
  const head = encoded.length < 2 ? 0 : encoded.readUInt16BE(0);
  return (head & 0x0f00) === 0x0800 && head % 31 === 0;
}
