import type { Clock } from './clock.js';
import type { Holds } from './holds.js';
import { nextStart } from './rate.js';

/** What may be in flight and how often a request may start; `null` where there is no limit. */
export interface Limits {
  /** Most in flight to one host. */
  readonly perHost: number | null;
  /** Milliseconds between the starts of two requests. */
  readonly interval: number | null;
  /** The same, to one host. */
  readonly perHostInterval: number | null;
}

/** Who wants to send a request. */
export interface Passenger {
  /** It is called, and keeps its turn until it enters or cancels. Kept by the pacer. */
  called: boolean;
  /** It does not want to enter any more. */
  readonly gone: boolean;
  onCalled(): void;
}

/** A host that someone is waiting for or in flight to. */
interface Host {
  readonly key: string;
  inFlight: number;
  called: number;
  /** When a request may start, by its own rate. */
  next: number;
  readonly queue: Passenger[];
  /** It stands in line for the common rate. */
  lined: boolean;
  cancelAlarm: (() => void) | null;
}

/** From so many hosts on, those with nothing left to remember are looked for and forgotten. */
const MIN_SWEEP = 1024;

/**
 * Decides when a request may start. Whoever must wait stands in the queue of its host; a host whose turn it is stands in
 * line with the others, so that a slow one stalls nobody. Who is called still has to come by: only its entry counts,
 * because it may have to wait for a slot until then. Times are milliseconds from the start of the run.
 */
export class Pacer {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #holds: Holds;
  readonly #limited: boolean;
  readonly #hosts = new Map<string, Host>();
  readonly #line: Host[] = [];
  #called = 0;
  #next = 0;
  #cancelAlarm: (() => void) | null = null;
  #sweepSize = MIN_SWEEP;

  constructor(limits: Limits, clock: Clock, holds: Holds) {
    this.#limits = limits;
    this.#clock = clock;
    this.#holds = holds;
    this.#limited = limits.perHost !== null || limits.interval !== null || limits.perHostInterval !== null;
  }

  /** Whether its request may start now; if not, it will be called. Who has entered must leave. */
  enter(key: string, passenger: Passenger): boolean {
    if (!this.#limited) return true;
    const host = this.#host(key);
    if (passenger.called) {
      this.#uncall(host, passenger);
    } else if (host.queue.length > 0 || this.#line.length > 0 || !this.#mayCall(host) || this.#waitFor(host) > 0) {
      host.queue.push(passenger);
      this.#lineUp(host);
      return false;
    }
    const now = this.#clock.now();
    host.inFlight++;
    host.next = nextStart(host.next, now, this.#limits.perHostInterval ?? 0);
    this.#next = nextStart(this.#next, now, this.#limits.interval ?? 0);
    this.#lineUp(host);
    this.#callNext();
    return true;
  }

  /** Its request is over. */
  leave(key: string): void {
    if (!this.#limited) return;
    const host = this.#host(key);
    host.inFlight--;
    this.#lineUp(host);
    this.#forget(host);
  }

  /** It does not come by any more. */
  cancel(key: string, passenger: Passenger): void {
    if (!passenger.called) return;
    const host = this.#host(key);
    this.#uncall(host, passenger);
    this.#lineUp(host);
    this.#callNext();
  }

  /** Calls nobody any more. */
  close(): void {
    this.#cancelAlarm?.();
    for (const { cancelAlarm } of this.#hosts.values()) cancelAlarm?.();
    this.#hosts.clear();
    this.#line.length = 0;
  }

  #uncall(host: Host, passenger: Passenger): void {
    passenger.called = false;
    host.called--;
    this.#called--;
  }

  /** Whether the places of the host, and of all, allow one more to be called. */
  #mayCall({ inFlight, called }: Host): boolean {
    const { perHost, interval, perHostInterval } = this.#limits;
    if (perHost !== null && inFlight + called >= perHost) return false;
    // At a rate one after the other: the next one's time depends on when this one comes by.
    return (perHostInterval === null || called === 0) && (interval === null || this.#called === 0);
  }

  /** How long until the rates, and the host itself, allow a request. */
  #waitFor({ key, next }: Host): number {
    const { interval, perHostInterval } = this.#limits;
    const due = Math.max(
      interval === null ? 0 : this.#next,
      perHostInterval === null ? 0 : next,
      this.#holds.until(key),
    );
    return due - this.#clock.now();
  }

  /** Has a host stand in line, as soon as all that concerns only itself allows it. */
  #lineUp(host: Host): void {
    if (host.lined || host.queue.length === 0) return;
    const { perHost, perHostInterval } = this.#limits;
    if (perHost !== null && host.inFlight + host.called >= perHost) return;
    if (perHostInterval !== null && host.called > 0) return;
    const wait = Math.max(perHostInterval === null ? 0 : host.next, this.#holds.until(host.key)) - this.#clock.now();
    if (wait > 0) {
      host.cancelAlarm ??= this.#clock.after(wait, () => {
        host.cancelAlarm = null;
        this.#lineUp(host);
      });
      return;
    }
    host.lined = true;
    this.#line.push(host);
    this.#callNext();
  }

  #callNext(): void {
    const { interval } = this.#limits;
    while (this.#line.length > 0) {
      if (interval !== null) {
        if (this.#called > 0) return;
        const wait = this.#next - this.#clock.now();
        if (wait > 0) {
          this.#cancelAlarm ??= this.#clock.after(wait, () => {
            this.#cancelAlarm = null;
            this.#callNext();
          });
          return;
        }
      }
      const host = this.#line.shift() as Host;
      host.lined = false;
      const passenger = this.#holds.until(host.key) > this.#clock.now() ? undefined : host.queue.shift();
      if (passenger !== undefined && !passenger.gone) {
        passenger.called = true;
        host.called++;
        this.#called++;
        passenger.onCalled();
      }
      this.#lineUp(host);
      this.#forget(host);
    }
  }

  #host(key: string): Host {
    let host = this.#hosts.get(key);
    if (host === undefined) {
      if (this.#hosts.size >= this.#sweepSize) this.#sweep();
      host = { key, inFlight: 0, called: 0, next: 0, queue: [], lined: false, cancelAlarm: null };
      this.#hosts.set(key, host);
    }
    return host;
  }

  /** Forgets a host if there is nothing to remember of it. */
  #forget(host: Host): void {
    const { key, inFlight, called, next, queue } = host;
    if (inFlight > 0 || called > 0 || queue.length > 0) return;
    if (this.#limits.perHostInterval === null || next <= this.#clock.now()) this.#hosts.delete(key);
  }

  #sweep(): void {
    for (const host of this.#hosts.values()) this.#forget(host);
    this.#sweepSize = Math.max(MIN_SWEEP, 2 * this.#hosts.size);
  }
}
