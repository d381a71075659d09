import { addRow, noTotals, type RunningTotals } from './totals.js';
import type { FetchResult, Order } from './types.js';

/** With `input` order: how many rows may wait for an earlier one before nothing new starts. */
export const WINDOW = 65_536;

/**
 * With `completion` order: how many URLs may have no row before nothing new starts. Those of a list that is sorted by host
 * wait for their hosts, and take half a kilobyte each; the more there are, the more hosts are busy. With twice as many a list
 * that goes host after host would take 0.75 of its time, and 600 instead of 380 MB.
 */
export const MAX_OPEN = 131_072;

/** How many final rows may wait for the reader before nothing new starts: a slow reader slows the network down. */
const MAX_READY = 1024;

/** How many rows make a batch at most: the text of a batch is one string. */
const MAX_BATCH = 1024;

/** How much of URLs may be kept, in characters: a list may have 64 KiB in a line. */
const MAX_HELD = 2 ** 26;

/**
 * The shared result map: the mode writes rows in as they come, one reader takes them out, in batches, in the order
 * asked for. A place is reserved when a URL starts, so places are in the order of the list.
 *
 * It is a ring of slots, not a `Map`: adding to and deleting from a `Map` for every URL costs a third of the speed.
 */
export class ResultMap {
  readonly #ordered: boolean;
  readonly #limit: number;
  readonly #totals: RunningTotals;
  /** With `input` order: the rows that wait for an earlier one, each at its place modulo the ring's size. */
  readonly #ring: (FetchResult | null | undefined)[] = [];
  #ready: FetchResult[] = [];
  /** Places given out. */
  #reserved = 0;
  /** Rows that became ready; with `input` order also the first place that has no row yet. */
  #final = 0;
  /** Characters of the URLs whose rows have not been taken out. */
  #held = 0;
  #closed = false;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;

  /** @param totals which the rows are added to as they come */
  constructor(order: Order, totals: RunningTotals = noTotals()) {
    this.#totals = totals;
    this.#ordered = order === 'input';
    this.#limit = this.#ordered ? WINDOW : MAX_OPEN;
  }

  /** Nothing new may start: the run is over or was stopped. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Nothing new may start until the reader has caught up: await `room()`. */
  get full(): boolean {
    return this.#reserved - this.#final > this.#limit || this.#ready.length >= MAX_READY || this.#held > MAX_HELD;
  }

  /** Resolves once there is room, or the map is closed. For one waiter at a time. */
  async room(): Promise<void> {
    while (this.full && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
  }

  /** Gives out the next place; every place must get its row. */
  reserve(url: string): number {
    this.#held += url.length;
    return this.#reserved++;
  }

  /** @param row `null` if its target is to have none */
  set(place: number, row: FetchResult | null): void {
    if (row !== null) addRow(this.#totals, row);
    if (this.#ordered) {
      const ring = this.#ring;
      ring[place % (WINDOW + 1)] = row;
      let slot = this.#final % (WINDOW + 1);
      for (let next = ring[slot]; next !== undefined; next = ring[slot]) {
        if (next !== null) this.#ready.push(next);
        ring[slot] = undefined;
        slot = ++this.#final % (WINDOW + 1);
      }
    } else {
      if (row !== null) this.#ready.push(row);
      this.#final++;
    }
    this.#wake();
  }

  /** No further place is reserved; the reader ends when the reserved ones have come. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** The rows, each batch what has become ready since the last. */
  async *batches(): AsyncGenerator<FetchResult[]> {
    while (true) {
      if (this.#ready.length > 0) {
        const rows = this.#ready.splice(0, MAX_BATCH);
        for (const { url } of rows) this.#held -= url.length;
        this.#wake();
        yield rows;
      } else if (this.#closed && this.#final === this.#reserved) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
    }
  }

  #wake(): void {
    if (this.#wakeReader !== null && (this.#ready.length > 0 || this.#closed)) {
      // Not at once: rows that come in one turn of the event loop make one batch.
      setImmediate(this.#wakeReader);
      this.#wakeReader = null;
    }
    if (this.#wakeWriter !== null && (!this.full || this.#closed)) {
      this.#wakeWriter();
      this.#wakeWriter = null;
    }
  }
}
