/** The longest wait before the first retry, in milliseconds; it doubles with each. */
const BASE = 500;

/** No wait is longer, in milliseconds. */
const MAX = 30_000;

/**
 * How long to wait before the next attempt, in milliseconds: full jitter, so that those who failed together do not come
 * back together.
 *
 * @param attempts made so far, from 1
 * @param random from 0 to 1
 */
export function backOff(attempts: number, random: () => number): number {
  return random() * Math.min(MAX, BASE * 2 ** (attempts - 1));
}

/** RFC 9110, section 5.6.7: the form to send, and two that are obsolete but to be understood. */
const DATES: readonly RegExp[] = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
];

/**
 * How long a `Retry-After` (RFC 9110, section 10.2.3) asks to wait, in milliseconds; `null` if it is neither a number of
 * seconds nor a date.
 *
 * @param date the time now, in milliseconds since the epoch
 */
export function retryAfter(field: string | null, date: number): number | null {
  if (field === null) return null;
  if (/^\d+$/.test(field)) return Number(field) * 1000;
  if (!DATES.some((form) => form.test(field))) return null;
  // The last form names no zone; all three mean GMT.
  const time = Date.parse(field.endsWith('GMT') ? field : `${field} GMT`);
  return Number.isNaN(time) ? null : Math.max(0, time - date);
}
