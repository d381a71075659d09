import { hash } from 'node:crypto';
import { withoutCredentials } from '../fetch/urls.js';
import { quote } from '../option-error.js';
import type { RecordedLine } from '../recorded.js';
import { isOf, type Shard } from '../shard.js';
import type { FetchResult, Target } from '../types.js';

/** The better of two rows for one URL stays. */
const RANK: Readonly<Record<FetchResult['state'], number>> = { failed: 0, 'http-error': 1, ok: 2 };

/**
 * What a file of rows has of a list, or of a part of it: plain numbers outside of the heap, 25 bytes a URL, because a list
 * may have a hundred million.
 */
export class Inventory {
  readonly #shard: Shard | null;
  /** Of the URLs looked for: their places in the whole list, ascending, and their digests. */
  readonly #indices: Numbers;
  readonly #digests: Numbers;
  /** Where the best row's line begins. */
  readonly #offsets: Float64Array;
  readonly #ranks: Uint8Array;
  /** Nothing in the file is to be dropped. */
  clean = true;

  private constructor(shard: Shard | null, indices: Numbers, digests: Numbers) {
    this.#shard = shard;
    this.#indices = indices;
    this.#digests = digests;
    this.#offsets = new Float64Array(digests.length).fill(-1);
    this.#ranks = new Uint8Array(digests.length);
  }

  /** @param targets those of the part, in the order of the list */
  static async of(targets: AsyncIterable<readonly Target[]>, shard: Shard | null): Promise<Inventory> {
    const [indices, digests] = [new Numbers(), new Numbers()];
    for await (const batch of targets) {
      for (const { index, url } of batch) {
        indices.push(index);
        digests.push(digest(url));
      }
    }
    return new Inventory(shard, indices, digests);
  }

  /** @throws {Error} if the row is not the list's */
  add({ row, offset }: RecordedLine): void {
    if (row === null) {
      this.clean = false;
      return;
    }
    const place = this.#placeOf(row.index);
    if (place === null && this.#shard === null) {
      throw new Error(`it is of another list: that ends before index ${row.index}`);
    }
    if (place === null ? this.#isOfShard(row) : this.#digests.at(place) !== digest(row.url)) {
      throw new Error(
        `it is of another list: at index ${row.index} it has ${quote(withoutCredentials(row.url).slice(0, 200))}`,
      );
    }
    // Of another part, which is no concern of this one.
    if (place === null) return;
    const rank = RANK[row.state];
    if (this.#offsets[place] !== -1 || rank === RANK.failed) this.clean = false;
    if (rank < (this.#ranks[place] as number)) return;
    this.#offsets[place] = offset;
    this.#ranks[place] = rank;
  }

  /** Whether a row stays: one of another part does, as it is. */
  keeps({ row, offset }: RecordedLine): boolean {
    if (row === null) return false;
    const place = this.#placeOf(row.index);
    return place === null || (row.state !== 'failed' && this.#offsets[place] === offset);
  }

  /** Whether a URL of the part needs no further try. */
  has(index: number): boolean {
    const place = this.#placeOf(index);
    return place !== null && (this.#ranks[place] as number) > RANK.failed;
  }

  /** Where the URL with this index stands among those looked for; `null` if it is none of them. */
  #placeOf(index: number): number | null {
    // In a whole list each stands at its index.
    if (this.#indices.at(index) === index) return index;
    let [low, high] = [0, this.#indices.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#indices.at(middle) as number) < index) low = middle + 1;
      else high = middle;
    }
    return this.#indices.at(low) === index ? low : null;
  }

  #isOfShard({ index, url, error }: FetchResult): boolean {
    const flaw = error?.code === 'bad-url' ? error.message : null;
    return this.#shard !== null && isOf(this.#shard, { index, url, flaw });
  }
}

const PAGE = 65_536;

/** Numbers behind one another, in pages: an array of a hundred million is more than the heap, and one array, can have. */
class Numbers {
  readonly #pages: Float64Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    const place = this.#length++ % PAGE;
    if (place === 0) this.#pages.push(new Float64Array(PAGE));
    (this.#pages.at(-1) as Float64Array)[place] = number;
  }

  at(place: number): number | undefined {
    return place < this.#length ? this.#pages[Math.floor(place / PAGE)]?.[place % PAGE] : undefined;
  }
}

/** 48 bits of a URL's SHA-1. */
function digest(url: string): number {
  return Number.parseInt(hash('sha1', url).slice(0, 12), 16);
}
