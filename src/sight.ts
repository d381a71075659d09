/** Buckets of the filter: two batches of a list have some thousand URLs. */
const BUCKETS = 65_536;

/** Behind the buckets: how many URLs there are, and whether the list has come to its end. */
const URLS = BUCKETS;
const ENDED = BUCKETS + 1;

/**
 * Which origins the URLs have that are read but not started: a connection is worth keeping only for those.
 *
 * It is a counting filter, not a `Map`: it takes nothing away from the speed and never grows. Where two origins share a
 * bucket a connection is kept in vain, for as long as there is room for it. Worker threads look into the same memory.
 */
export class Sight {
  readonly memory: SharedArrayBuffer;
  readonly #counts: Uint32Array;
  /** How many URLs were ever added. */
  listed = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer((BUCKETS + 2) * Uint32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#counts = new Uint32Array(memory);
  }

  add(url: string): void {
    this.listed++;
    this.#change(bucketOf(url), 1);
    this.#change(URLS, 1);
  }

  /** Takes back an `add`. */
  remove(url: string): void {
    this.#change(bucketOf(url), -1);
    this.#change(URLS, -1);
  }

  /** The list has come to its end. */
  end(): void {
    this.#counts[ENDED] = 1;
  }

  get ended(): boolean {
    return this.#counts[ENDED] !== 0;
  }

  /** Whether any other URL may follow. */
  get more(): boolean {
    return this.#counts[URLS] !== 0 || !this.ended;
  }

  /** Whether another URL of this origin may follow; as long as nothing is known of what follows, it may. */
  has(origin: string): boolean {
    return this.#counts[URLS] === 0 ? !this.ended : (this.#counts[bucketOf(origin)] as number) > 0;
  }

  #change(place: number, by: number): void {
    this.#counts[place] = (this.#counts[place] as number) + by;
  }
}

/** Of a URL's origin, as far as it is written as one: from `://` or the last `@` to the next delimiter, in any case. */
function bucketOf(url: string): number {
  const scheme = url.length > 4 && (url.charCodeAt(4) | 0x20) === 0x73 ? 1 : 0;
  let hash = scheme;
  for (let i = 7 + scheme; i < url.length; i++) {
    const unit = url.charCodeAt(i);
    // A slash, a question mark or a number sign.
    if (unit === 0x2f || unit === 0x3f || unit === 0x23) break;
    // What stood before an at sign were credentials.
    hash = unit === 0x40 ? scheme : (Math.imul(hash, 31) + (unit | 0x20)) | 0;
  }
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
}
