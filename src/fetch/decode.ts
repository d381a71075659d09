import { CODINGS, type Coding, type Stage } from './codings.js';
import { decodeFailure, FetchFailure } from './errors.js';

/** What zlib's synchronous functions give with `info`. */
interface Decoded {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** A body that came in one piece no larger than this is decoded at once: most are, and each trip to another thread costs. */
const MAX_AT_ONCE = 65_536;

const AT_ONCE_OPTIONS = { info: true, chunkSize: 131_072, maxOutputLength: 262_144 };

/** More codings on one body than anyone means seriously. */
const MAX_CODINGS = 8;

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
      this.#links = this.#codings.map((coding) => ({ stage: coding.createStage(), fed: 0 }));
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
