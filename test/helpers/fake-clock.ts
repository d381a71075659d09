import type { Clock } from '../../src/pacing/clock.js';

/** A clock that stands still until its next alarm is rung. */
export class FakeClock implements Clock {
  readonly #alarms: { readonly time: number; readonly callback: () => void }[] = [];
  #now = 0;
  #awaited: { readonly count: number; readonly resolve: () => void } | null = null;

  readonly now = (): number => this.#now;
  /** The epoch of tests: 2026-01-02T03:04:05Z. */
  readonly date = (): number => Date.UTC(2026, 0, 2, 3, 4, 5) + this.#now;
  readonly after = (time: number, callback: () => void): (() => void) => {
    const alarm = { time: this.#now + time, callback };
    this.#alarms.push(alarm);
    if (this.#awaited !== null && this.#alarms.length >= this.#awaited.count) this.#awaited.resolve();
    return () => {
      if (this.#alarms.includes(alarm)) this.#alarms.splice(this.#alarms.indexOf(alarm), 1);
    };
  };

  /** When the alarms are due, in the order in which they were set. */
  get due(): number[] {
    return this.#alarms.map(({ time }) => time);
  }

  /** Resolves once so many alarms are set. */
  set(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = { count, resolve };
      if (this.#alarms.length >= count) resolve();
    });
  }

  /** Goes on to the next alarm, or so much further, as a timer that is late, and rings all that are due then. */
  ring(late = 0): void {
    this.#now = Math.min(...this.due) + late;
    for (const alarm of this.#alarms.slice()) {
      const place = this.#alarms.indexOf(alarm);
      if (alarm.time > this.#now || place === -1) continue;
      this.#alarms.splice(place, 1);
      alarm.callback();
    }
  }
}
