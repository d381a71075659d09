import { Random } from '../../endurance/random.js';

/** A list host after host, the hosts in no order of size, as sorting by name has it: the host of each URL. */
export function hostAfterHost(sizes: Uint32Array, seed: number): Uint32Array {
  const list = new Uint32Array(sizes.reduce((sum, size) => sum + size, 0));
  let end = 0;
  for (const host of inNoOrder(Uint32Array.from(sizes.keys()), seed)) {
    const start = end;
    end += sizes[host] as number;
    list.fill(host, start, end);
  }
  return list;
}

/** A copy in an order that is always the same (Fisher and Yates). */
export function inNoOrder(list: Uint32Array, seed: number): Uint32Array {
  const copy = list.slice();
  const random = new Random(seed);
  for (let i = copy.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [copy[i], copy[other]] = [copy[other] as number, copy[i] as number];
  }
  return copy;
}
