import { partOf } from '../../../src/shard.js';
import { percent } from './markdown.js';

/** What falls to one part of the list. */
export interface Share {
  /** From 1. */
  readonly part: number;
  readonly urls: number;
  readonly hosts: number;
  /** The rank of its host with the most URLs, from 1, and how many these are. */
  readonly largest: { readonly rank: number; readonly urls: number };
}

/** The least, the mean and the most of something that parts have. */
export interface Spread {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

/** The host of that rank among all: 1 has the most URLs. */
export function nameOf(rank: number): string {
  return `host-${rank}.example`;
}

/** The part of each host, by its own rule, from 1. */
export function partsOfHosts(hosts: number, parts: number): Uint16Array {
  return Uint16Array.from({ length: hosts }, (_, i) =>
    partOf({ index: i, url: `https://${nameOf(i + 1)}/`, flaw: null }, parts, 'host'),
  );
}

/**
 * What each of so many parts has.
 *
 * @param sizes URLs per host, the most first
 * @param fineParts of each host, out of a multiple of `parts`: what is left over of it is what is left over of the hash
 */
export function sharesOf(sizes: Uint32Array, fineParts: Uint16Array, parts: number): Share[] {
  const urls = new Float64Array(parts);
  const hosts = new Uint32Array(parts);
  const first = new Int32Array(parts).fill(-1);
  for (let i = 0; i < sizes.length; i++) {
    const part = ((fineParts[i] as number) - 1) % parts;
    urls[part] = (urls[part] as number) + (sizes[i] as number);
    hosts[part] = (hosts[part] as number) + 1;
    if (first[part] === -1) first[part] = i;
  }
  return Array.from(urls, (count, part) => {
    const i = first[part] as number;
    return {
      part: part + 1,
      urls: count,
      hosts: hosts[part] as number,
      largest: { rank: i + 1, urls: sizes[i] as number },
    };
  });
}

/** How many of so many URLs of one host each part has by the rule of `--shard-by url`. */
export function partsOfUrls(urls: number, parts: number): number[] {
  const counts = Array<number>(parts).fill(0);
  for (let index = 0; index < urls; index++) {
    const part = partOf({ index, url: `https://${nameOf(1)}/${index}`, flaw: null }, parts, 'url') - 1;
    counts[part] = (counts[part] as number) + 1;
  }
  return counts;
}

/**
 * How much more than its share the fullest part has, as a factor, if hosts of the same sizes have other names.
 *
 * @param sizes of the large hosts, which alone make a difference
 * @param rest URLs of all others, spread evenly
 */
export function fullnessWithNames(sizes: Uint32Array, rest: number, parts: number, suffix: string): number {
  const urls = new Float64Array(parts).fill(rest / parts);
  sizes.forEach((size, i) => {
    const part = partOf({ index: i, url: `https://host-${i + 1}.${suffix}/`, flaw: null }, parts, 'host') - 1;
    urls[part] = (urls[part] as number) + size;
  });
  return (Math.max(...urls) * parts) / sum(urls);
}

export function spreadOf(values: readonly number[]): Spread {
  return {
    least: Math.min(...values),
    mean: sum(values) / values.length,
    most: Math.max(...values),
  };
}

/** The part with the most URLs. */
export function fullest(all: readonly Share[]): Share {
  return all.reduce((most, share) => (share.urls > most.urls ? share : most));
}

/** A part in words. */
export function tell({ part, urls, hosts, largest }: Share): string {
  const share = percent(largest.urls / urls);
  return `part ${part}: ${urls} URLs of ${hosts} hosts, ${share} of them on ${nameOf(largest.rank)}`;
}

export function sum(values: Iterable<number>): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}
