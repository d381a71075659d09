import type { Order } from '../../../src/types.js';

/** What holds a run up besides its slots. */
interface Limits {
  /** URLs that may have been taken from the list and have no answer, or with `input` no row before them. */
  readonly window: number;
  readonly perHost: number;
  /** Seconds that a URL takes. */
  readonly time: number;
  readonly order: Order;
}

/**
 * How long a list takes with as many slots as one likes: a URL waits for its place in the window, then for its host.
 * Seconds.
 *
 * @param hosts of each URL, in the order of the list
 */
export function lengthInOrder(hosts: Uint32Array, { window, perHost, time, order }: Limits): number {
  const room = order === 'input' ? new OrderedRoom(window) : new Room(window);
  /** When each host can take one more, the earliest first. */
  const free = new Map<number, number[]>();
  let last = 0;
  for (const host of hosts) {
    const ends = free.get(host) ?? Array<number>(perHost).fill(0);
    free.set(host, ends);
    const end = Math.max(room.next(), ends.shift() ?? 0) + time;
    // All take the same time, so that those of a host end in the order in which they start.
    ends.push(end);
    room.fill(end);
    last = Math.max(last, end);
  }
  return last;
}

/** Each URL leaves room when it is done. */
class Room {
  readonly #window: number;
  /** When the URLs that are open will be done, as a heap with the earliest on top. */
  readonly #ends: number[] = [];

  constructor(window: number) {
    this.#window = window;
  }

  /** When there is room for one more, which must be filled. */
  next(): number {
    return this.#ends.length < this.#window ? 0 : this.#pop();
  }

  fill(end: number): void {
    const ends = this.#ends;
    let place = ends.push(end) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((ends[parent] as number) <= end) break;
      ends[place] = ends[parent] as number;
      place = parent;
    }
    ends[place] = end;
  }

  #pop(): number {
    const ends = this.#ends;
    const top = ends[0] as number;
    const end = ends.pop() as number;
    if (ends.length === 0) return top;
    let place = 0;
    for (let child = 1; child < ends.length; child = 2 * place + 1) {
      if (child + 1 < ends.length && (ends[child + 1] as number) < (ends[child] as number)) child++;
      if ((ends[child] as number) >= end) break;
      ends[place] = ends[child] as number;
      place = child;
    }
    ends[place] = end;
    return top;
  }
}

/** Each URL leaves room when it and all before it are done. */
class OrderedRoom {
  readonly #ring: Float64Array;
  #count = 0;
  #last = 0;

  constructor(window: number) {
    this.#ring = new Float64Array(window);
  }

  next(): number {
    return this.#ring[this.#count % this.#ring.length] as number;
  }

  fill(end: number): void {
    this.#last = Math.max(this.#last, end);
    this.#ring[this.#count++ % this.#ring.length] = this.#last;
  }
}
