const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** So much of the time that a late timer has cost is made up for, in milliseconds, */
const MAX_LATENESS = 10;

/** and paid back over a second. */
const REPAYMENT = 1.01;

/** `5/s`, `90/m` or `1000/h` as the milliseconds from one to the next; NaN for anything else. */
export function parseRate(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\/([smh])$/.exec(text) ?? [];
  const interval = (UNITS[unit] as number) / Number(digits);
  return Number.isFinite(interval) && interval > 0 ? interval : Number.NaN;
}

/**
 * When the next one may start after one that starts now. They are spread evenly, so that no second has more than its
 * share; where they follow each other faster than timers ring, what was late is made up for.
 *
 * @param due when this one might have started
 */
export function nextStart(due: number, now: number, interval: number): number {
  return interval < MAX_LATENESS ? Math.max(due, now - MAX_LATENESS) + interval * REPAYMENT : now + interval;
}
