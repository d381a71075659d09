import { Transform, type TransformCallback } from 'node:stream';
import * as zlib from 'node:zlib';
import { decodeFailure, FetchFailure } from './errors.js';

/** Undoes one coding. */
interface Stage extends Transform {
  /** How much of what was written to it the decoder has made use of. */
  readonly bytesWritten: number;
}

/** zstd came to Node with 22.15. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: zlib.ZlibOptions) => Stage };

/** What `Accept-Encoding` asks for with `compressed`. */
export const ACCEPT_ENCODING: string = `gzip, deflate, br${createZstdDecompress ? ', zstd' : ''}`;

/** In bytes. Measured on bodies of 40 MB and more, with Node's own sizes it took three to ten times as long. */
const OPTIONS = {
  /** Each decoded chunk is a trip to another thread and back. */
  chunkSize: 65_536,
  /** To hold a body back costs undici a copy of all that has come meanwhile: better seldom. */
  writableHighWaterMark: 262_144,
};

const STAGES: Readonly<Record<string, () => Stage>> = {
  gzip: () => zlib.createGunzip(OPTIONS),
  'x-gzip': () => zlib.createGunzip(OPTIONS),
  deflate: () => new InflateEither(),
  br: () => zlib.createBrotliDecompress(OPTIONS),
  ...(createZstdDecompress && { zstd: () => createZstdDecompress(OPTIONS) }),
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
  readonly #first: Link;
  /** In the order of undoing. */
  readonly #links: Link[];
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
    const creators = codings.toReversed().map((coding) => {
      const create = Object.hasOwn(STAGES, coding) ? STAGES[coding] : undefined;
      if (create === undefined) throw new FetchFailure('decode', null, `unknown content coding: ${coding}`);
      return () => ({ stage: create(), fed: 0 });
    });
    this.#links = creators.map((create) => create());
    this.#first = this.#links[0] as Link;
    this.#first.stage.on('drain', () => this.#over || body.onDrain());
    for (const [i, { stage }] of this.#links.entries()) {
      stage.on('error', (error) => this.#fail(decodeFailure(error)));
      const next = this.#links[i + 1];
      stage.on('data', (chunk: Buffer) => {
        if (next !== undefined) next.fed += chunk.length;
        else if (!this.#over) body.onDecoded(chunk.length);
      });
      if (next !== undefined) stage.pipe(next.stage);
      else stage.on('end', () => this.#onStagesEnd());
    }
  }

  /** Gives false when no more should be written until `onDrain`. */
  write(chunk: Buffer): boolean {
    if (this.#over) return true;
    this.#first.fed += chunk.length;
    return this.#first.stage.write(chunk);
  }

  /** The encoded body is whole: `onDecodedEnd` or `onDecodeFailure` follows. */
  end(): void {
    if (this.#over) return;
    this.#ended = true;
    this.#first.stage.end();
  }

  /** Ends at once; nothing is told any more. */
  destroy(): void {
    this.#over = true;
    for (const { stage } of this.#links) stage.destroy();
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

/**
 * `deflate` means zlib's wrapper (RFC 9110, section 8.4.1.2), but some servers send the bare stream. The wrapper's two
 * bytes (RFC 1950, section 2.2) tell them apart.
 */
class InflateEither extends Transform implements Stage {
  #head: Buffer = Buffer.alloc(0);
  #inflate: zlib.Inflate | zlib.InflateRaw | null = null;

  constructor() {
    super(OPTIONS);
  }

  get bytesWritten(): number {
    return this.#inflate?.bytesWritten ?? 0;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#inflate !== null) {
      this.#inflate.write(chunk, done);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length < 2) done();
    else this.#start().write(this.#head, done);
  }

  override _flush(done: TransformCallback): void {
    const unread = this.#inflate === null ? this.#head : undefined;
    const inflate = this.#inflate ?? this.#start();
    inflate.once('end', () => done());
    inflate.end(unread);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inflate?.destroy();
    done(error);
  }

  #start(): zlib.Inflate | zlib.InflateRaw {
    const head = this.#head.length < 2 ? 0 : this.#head.readUInt16BE(0);
    const wrapped = (head & 0x0f00) === 0x0800 && head % 31 === 0;
    const inflate = wrapped ? zlib.createInflate(OPTIONS) : zlib.createInflateRaw(OPTIONS);
    inflate
      .on('data', (chunk: Buffer) => this.push(chunk))
      .on('end', () => this.push(null))
      .on('error', (error) => this.destroy(error));
    this.#inflate = inflate;
    return inflate;
  }
}
