import { CRAWL, PER_HOST } from './crawl.js';
import type { Share } from './shares.js';

/** What bench/README.md has for a URL of many hosts, where nearly each has a TLS handshake of its own, in seconds. */
const WORK = 1.01e-3;

/** What a line of another part costs, in seconds: `--shard 999/1000000` of 2,000,000 lines takes 2.6. */
const READING = 1.2e-6;

/** How one machine goes through its part. Times are seconds. */
export interface Conditions {
  /** `--concurrency`. */
  readonly concurrency: number;
  /** `--per-host`. */
  readonly perHost: number;
  /** Of one URL on the network. */
  readonly time: number;
  /** Of the processor for one URL of the part. */
  readonly work: number;
  /** Of the processor for one line of the list, of whatever part. */
  readonly reading: number;
  /** Lines of the list. */
  readonly lines: number;
}

/** What a run takes at least, and the reason for that. Seconds. */
export interface Length {
  readonly cpu: number;
  readonly slots: number;
  readonly host: number;
  readonly total: number;
  readonly limit: 'cpu' | 'slots' | 'host';
}

/** Those of the list that is reckoned here. */
export function conditions(concurrency: number, time: number): Conditions {
  return { concurrency, perHost: PER_HOST, time, work: WORK, reading: READING, lines: CRAWL.urls };
}

/** All three go on at the same time: the longest is the length of the run, as long as the list is in no order. */
export function lengthOf(share: Share, conditions: Conditions): Length {
  const { concurrency, perHost, time, work, reading, lines } = conditions;
  const cpu = share.urls * work + lines * reading;
  const slots = (share.urls * time) / concurrency;
  const host = (share.largest.urls * time) / Math.min(perHost, concurrency);
  const total = Math.max(cpu, slots, host);
  return { cpu, slots, host, total, limit: total === host ? 'host' : total === slots ? 'slots' : 'cpu' };
}

/** When the last task ends, if each place of a machine takes the next task as soon as it has done one. */
export function lastEnd(tasks: readonly number[], places: number): number {
  const ends = Array<number>(places).fill(0);
  for (const task of tasks) {
    const first = ends.indexOf(Math.min(...ends));
    ends[first] = (ends[first] as number) + task;
  }
  return Math.max(...ends);
}
