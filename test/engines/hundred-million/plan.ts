import { CRAWL, PER_HOST } from './crawl.js';
import type { Share } from './shares.js';

/** Of the processor, in seconds, as docs/many-machines.md has it: a host's TLS handshake, a URL, a line of another part. */
const COSTS = { host: 1 / 1_000, url: 1 / 37_000, line: 1 / 900_000 };

/** How one machine goes through its part. Times are seconds. */
export interface Conditions {
  /** `--concurrency`. */
  readonly concurrency: number;
  /** `--per-host`. */
  readonly perHost: number;
  /** Of one URL on the network. */
  readonly time: number;
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
  return { concurrency, perHost: PER_HOST, time, lines: CRAWL.urls };
}

/** All three go on at the same time: the longest is the length of the run, as long as the list is in no order. */
export function lengthOf(share: Share, conditions: Conditions): Length {
  const { concurrency, perHost, time, lines } = conditions;
  const cpu = share.hosts * COSTS.host + share.urls * COSTS.url + lines * COSTS.line;
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
