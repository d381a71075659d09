/** From so many hosts on, those that are free again are looked for and forgotten. */
const MIN_SWEEP = 1024;

/** Hosts that asked to be left alone for a while. Times are milliseconds from the start of the run. */
export class Holds {
  /** Few hosts ask, so that this `Map` is mostly empty. */
  readonly #until = new Map<string, number>();
  #sweepSize = MIN_SWEEP;

  /** Holds a host back until then, or longer if it already is. */
  hold(host: string, until: number, now: number): void {
    if (this.#until.size >= this.#sweepSize) {
      for (const [other, time] of this.#until) if (time <= now) this.#until.delete(other);
      this.#sweepSize = Math.max(MIN_SWEEP, 2 * this.#until.size);
    }
    this.#until.set(host, Math.max(until, this.until(host)));
  }

  /** When the host is free; 0 if it is not held. */
  until(host: string): number {
    return this.#until.size === 0 ? 0 : (this.#until.get(host) ?? 0);
  }
}
