import { Transform, type TransformCallback } from 'node:stream';
import * as zlib from 'node:zlib';
import { decodeFailure, FetchFailure } from './errors.js';

/** Undoes one coding. */
interface Stage extends Transform {
  /** How much of what was written to it the decoder has made use of. */
  readonly bytesWritten: number;
}

/** What zlib's synchronous functions give with `info`. */
interface Decoded {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** The two ways to undo a coding. */
interface Coding {
  createStage(options: zlib.ZlibOptions): Stage;
  /** @throws what zlib throws */
  decode(encoded: Buffer, options: zlib.ZlibOptions): unknown;
}

/** zstd came to Node with 22.15. */
const { createZstdDecompress, zstdDecompressSync } = zlib as {
  createZstdDecompress?: Coding['createStage'];
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

/** A body that came in one piece no larger than this is decoded at once: most are, and each trip to another thread costs. */
const MAX_AT_ONCE = 65_536;

const AT_ONCE_OPTIONS = { info: true, chunkSize: 131_072, maxOutputLength: 262_144 };

const GZIP: Coding = { createStage: zlib.createGunzip, decode: zlib.gunzipSync };

const CODINGS: Readonly<Record<string, Coding>> = {
  gzip: GZIP,
  'x-gzip': GZIP,
  deflate: {
    createStage: () => new InflateEither(),
    decode: (encoded, options) => (isWrapped(encoded) ? zlib.inflateSync : zlib.inflateRawSync)(encoded, options),
  },
  br: { createStage: zlib.createBrotliDecompress, decode: zlib.brotliDecompressSync },
  ...(createZstdDecompress &&
    zstdDecompressSync && {
      zstd: { createStage: () => new ZstdFrames(createZstdDecompress), decode: zstdDecompressSync },
    }),
};

/** More codings on one body than anyone means seriously. */
const MAX_CODINGS = 8;

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

/** What a decoder tells of the decoded body. */
export interface DecodedBody {
  /** So many more decoded bytes. */
  onDecoded(count: number): void;
  /** Writing may go on after `write` gave false. */
  onDrain(): void;
  /** All is decoded. */
  onDecodedEnd(): void;
  onDecodeFailure(failure: FetchFailure): void;
}

interface Link {
  readonly stage: Stage;
  /** Bytes that went into it. */
  fed: number;
}

/** Undoes a body's codings, counts the decoded bytes and drops them. */
export class Decoder {
  readonly #body: DecodedBody;
  /** In the order of undoing. */
  readonly #codings: readonly Coding[];
  /** All that has come, if it might be the whole body. */
  #held: Buffer | null = null;
  /** As the codings; none before there is need of them. */
  #links: Link[] = [];
  /** The encoded body is whole. */
  #ended = false;
  #over = false;

  /**
   * @param codings at least one, in the order in which they were applied
   * @throws {FetchFailure} `decode`, for a coding that is unknown
   */
  constructor(codings: readonly string[], body: DecodedBody) {
    this.#body = body;
    if (codings.length > MAX_CODINGS) throw new FetchFailure('decode', null, `more than ${MAX_CODINGS} codings`);
    this.#codings = codings.toReversed().map((name) => {
      const coding = Object.hasOwn(CODINGS, name) ? CODINGS[name] : undefined;
      if (coding === undefined) throw new FetchFailure('decode', null, `unknown content coding: ${name}`);
      return coding;
    });
  }

  /** Gives false when no more should be written until `onDrain`. */
  write(chunk: Buffer): boolean {
    if (this.#over) return true;
    if (this.#links.length === 0 && this.#held === null && chunk.length <= MAX_AT_ONCE) {
      this.#held = chunk;
      // If the end came with it, it has been told of by then.
      queueMicrotask(() => this.#passHeld());
      return true;
    }
    this.#passHeld();
    return this.#pass(chunk);
  }

  /** The encoded body is whole: `onDecodedEnd` or `onDecodeFailure` follows, which may be at once. */
  end(): void {
    if (this.#over || this.#decodeAtOnce()) return;
    this.#passHeld();
    this.#ended = true;
    this.#stages()[0].stage.end();
  }

  /** Ends at once; nothing is told any more. */
  destroy(): void {
    this.#over = true;
    for (const { stage } of this.#links) stage.destroy();
  }

  /** Gives false if it does not come out right, or is too large: then the stages tell what is wrong, and where. */
  #decodeAtOnce(): boolean {
    let bytes = this.#held;
    if (bytes === null) return false;
    try {
      for (const coding of this.#codings) {
        const { buffer, engine } = coding.decode(bytes, AT_ONCE_OPTIONS) as Decoded;
        if (engine.bytesWritten < bytes.length) return false;
        bytes = buffer;
      }
    } catch {
      return false;
    }
    this.#held = null;
    this.#body.onDecoded(bytes.length);
    if (!this.#over) {
      this.#over = true;
      this.#body.onDecodedEnd();
    }
    return true;
  }

  #passHeld(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null && !this.#over) this.#pass(held);
  }

  #pass(chunk: Buffer): boolean {
    const [first] = this.#stages();
    first.fed += chunk.length;
    return first.stage.write(chunk);
  }

  #stages(): [first: Link, ...Link[]] {
    if (this.#links.length === 0) {
      this.#links = this.#codings.map((coding) => ({ stage: coding.createStage(STAGE_OPTIONS), fed: 0 }));
      this.#links[0]?.stage.on('drain', () => this.#over || this.#body.onDrain());
      for (const [i, { stage }] of this.#links.entries()) {
        stage.on('error', (error) => this.#fail(decodeFailure(error)));
        const next = this.#links[i + 1];
        stage.on('data', (chunk: Buffer) => {
          if (next !== undefined) next.fed += chunk.length;
          else if (!this.#over) this.#body.onDecoded(chunk.length);
        });
        if (next !== undefined) stage.pipe(next.stage);
        else stage.on('end', () => this.#onStagesEnd());
      }
    }
    return this.#links as [first: Link, ...Link[]];
  }

  #onStagesEnd(): void {
    if (this.#over) return;
    // A decoder that comes to its end drops what follows, which may have been content. (gzip may go on with another
    // member, which it reads.)
    if (!this.#ended || this.#links.some(({ stage, fed }) => fed > stage.bytesWritten)) {
      this.#fail(new FetchFailure('decode', null, 'the content coding is broken: data after its end'));
      return;
    }
    this.#over = true;
    this.#body.onDecodedEnd();
  }

  #fail(failure: FetchFailure): void {
    if (this.#over) return;
    this.destroy();
    this.#body.onDecodeFailure(failure);
  }
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
    return this.inner ?? this.start(this.#open(STAGE_OPTIONS));
  }
}

/** By the wrapper's two bytes (RFC 1950, section 2.2). */
function isWrapped(encoded: Buffer): boolean {
  const head = encoded.length < 2 ? 0 : encoded.readUInt16BE(0);
  return (head & 0x0f00) === 0x0800 && head % 31 === 0;
}
