import type { Clock } from '../../../src/pacing/clock.js';

/** How far ahead an alarm may be, in milliseconds. */
const REACH = 4096;

/**
 * A clock that goes on when it is told to, in whole milliseconds. It is as quick with a thousand alarms as with one:
 * those of a millisecond are in one place of a ring.
 */
export class VirtualClock implements Clock {
  readonly #ring: (() => void)[][] = Array.from({ length: REACH }, () => []);
  #now = 0;
  #set = 0;

  readonly now = (): number => this.#now;
  readonly date = (): number => this.#now;
  /** It cannot be taken back: nobody here does. */
  readonly after = (time: number, callback: () => void): (() => void) => {
    if (!(Number.isInteger(time) && time > 0 && time < REACH)) throw new Error(`no alarm in ${time} ms`);
    this.#ring[(this.#now + time) % REACH]?.push(callback);
    this.#set++;
    return () => {};
  };

  /** Goes on to the next alarm, if there is one, and rings all that are due then. */
  ring(): void {
    if (this.#set === 0) return;
    let due: (() => void)[] = [];
    while (due.length === 0) due = this.#ring[++this.#now % REACH] ?? [];
    this.#set -= due.length;
    for (const callback of due.splice(0)) callback();
  }
}
