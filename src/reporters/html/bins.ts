import { ticks } from './ticks.js';

/** A part of a scale, from its lower bound (in it) to its upper one. */
export interface Bin {
  readonly from: number;
  readonly to: number;
}

/** So many times the smallest the largest has to be, or equal steps tell more than growing ones. */
const WIDE = 20;

/** The parts of a scale on which all values are, in equal steps, or if they are far apart in those of 1, 2, 5, 10 … */
export function bins(values: readonly number[]): Bin[] {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let zero = false;
  for (const value of values) {
    if (value > 0) least = Math.min(least, value);
    else zero = true;
    most = Math.max(most, value);
  }
  const bounds = most === 0 ? [1] : most < WIDE * least ? equalSteps(least, most) : growingSteps(least, most);
  if (zero && bounds[0] !== 0) bounds.unshift(0);
  return bounds.slice(1).map((to, i) => ({ from: bounds[i] ?? 0, to }));
}

function equalSteps(least: number, most: number): number[] {
  // Values that are all but one would be torn apart by rounding errors.
  const spread = Math.max(most - least, most / 10);
  const step = ticks(0, spread, 8)[1] ?? spread;
  const first = Math.floor(least / step);
  const count = Math.floor(most / step) - first + 2;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function growingSteps(least: number, most: number): number[] {
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(least)); all.length === 0 || (all.at(-1) ?? 0) <= most; power++) {
    for (const digit of [1, 2, 5]) all.push(Number(`${digit}e${power}`));
  }
  const from = all.findLastIndex((bound) => bound <= least);
  const to = all.findIndex((bound) => bound > most);
  return all.slice(Math.max(from, 0), to + 1);
}

/** The share of each bin in the sum of all weights. */
export function shares(values: readonly number[], bins: readonly Bin[], weigh: (value: number) => number): number[] {
  const sums = bins.map(() => 0);
  let all = 0;
  for (const value of values) {
    const weight = weigh(value);
    all += weight;
    let [low, high] = [0, bins.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((bins[middle]?.from ?? 0) <= value) low = middle;
      else high = middle - 1;
    }
    sums[low] = (sums[low] ?? 0) + weight;
  }
  return all === 0 ? sums : sums.map((sum) => sum / all);
}

/** The value that a share of all are not above (nearest rank). */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] ?? null;
}
