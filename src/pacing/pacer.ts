import type { Clock } from './clock.js';
import type { Holds } from './holds.js';
import { Queue } from './queue.js';
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
  /** Its time is running: it goes before those that can wait as long as it takes. */
  readonly started: boolean;
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
  /** Those whose time is running, and the others. */
  readonly lanes: readonly [Lane, Lane];
  cancelAlarm: (() => void) | null;
}

/** Passengers of a host that wait. */
interface Lane {
  readonly queue: Queue<Passenger>;
  /** How many of them may be gone. */
  cancelled: number;
  /** Its host stands in line with it. */
  lined: boolean;
}

/** From so many on, passengers that are gone are not left to stand in a queue of which they are the half. */
const MIN_CLEARING = 64;

/** From so many hosts on, those with nothing left to remember are looked for and forgotten. */
const MIN_SWEEP = 1024;

/**
 * Decides when a request may start. Whoever must wait stands in a queue of its host; a host whose turn it is stands in
 * line with the others, so that a slow one stalls nobody. Those that have started, and wait with a redirect or a retry,
 * go first: behind all that the list looks ahead their time would be up. Who is called still has to come by: only its
 * entry counts, because it may have to wait for a slot until then. Times are milliseconds from the start of the run.
 */
export class Pacer {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #holds: Holds;
  readonly #limited: boolean;
  readonly #hosts = new Map<string, Host>();
  /** A line for each lane. */
  readonly #lines: readonly [Queue<Host>, Queue<Host>] = [new Queue(), new Queue()];
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
    if (!passenger.called && !this.#isFree(host)) {
      host.lanes[passenger.started ? 0 : 1].queue.push(passenger);
      this.#lineUp(host);
      this.#callNext();
      // An alarm may be late: then it may be called at once, with those before it.
      if (!passenger.called) return false;
    }
    if (passenger.called) this.#uncall(host, passenger);
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
    this.#callNext();
    this.#forget(host);
  }

  /** It does not come by any more: it is gone, or was called and passes its turn on. */
  cancel(key: string, passenger: Passenger): void {
    const host = this.#hosts.get(key);
    if (host === undefined) return;
    if (passenger.called) {
      this.#uncall(host, passenger);
      this.#lineUp(host);
      this.#callNext();
    } else {
      this.#clear(host.lanes[passenger.started ? 0 : 1]);
    }
    this.#forget(host);
  }

  /** How many hosts it has something to remember of. */
  get size(): number {
    return this.#hosts.size;
  }

  /** Calls nobody any more. */
  close(): void {
    this.#cancelAlarm?.();
    for (const { cancelAlarm } of this.#hosts.values()) cancelAlarm?.();
    this.#hosts.clear();
    for (const line of this.#lines) line.clear();
  }

  /** One in its queue is gone. They are not looked for one by one: that is slow where many are. */
  #clear(lane: Lane): void {
    lane.cancelled++;
    if (lane.cancelled < MIN_CLEARING || 2 * lane.cancelled < lane.queue.length) return;
    lane.queue.filter(({ gone }) => !gone);
    lane.cancelled = 0;
  }

  /** Whether one may enter without being called: all rules allow it, and nobody was there before. */
  #isFree(host: Host): boolean {
    if (this.#isWaitedFor(host) || this.#nextLine() !== null || !this.#hasPlace(host) || this.#ownWait(host) > 0) {
      return false;
    }
    return this.#limits.interval === null || (this.#called === 0 && this.#next <= this.#clock.now());
  }

  #uncall(host: Host, passenger: Passenger): void {
    passenger.called = false;
    host.called--;
    this.#called--;
  }

  /** Whether the host has a place for one more to be called. */
  #hasPlace({ inFlight, called }: Host): boolean {
    const { perHost, perHostInterval } = this.#limits;
    if (perHost !== null && inFlight + called >= perHost) return false;
    // At a rate one after the other: the next one's time depends on when this one comes by.
    return perHostInterval === null || called === 0;
  }

  /** How long until its own rate, and the host itself, allow a request. */
  #ownWait({ key, next }: Host): number {
    const due = Math.max(this.#limits.perHostInterval === null ? 0 : next, this.#holds.until(key));
    return due - this.#clock.now();
  }

  /** Has a host stand in line, as soon as all that concerns only itself allows it. `#callNext` must follow. */
  #lineUp(host: Host): void {
    if (!this.#isWaitedFor(host) || !this.#hasPlace(host)) return;
    const wait = this.#ownWait(host);
    if (wait > 0) {
      host.cancelAlarm ??= this.#clock.after(wait, () => {
        host.cancelAlarm = null;
        this.#lineUp(host);
        this.#callNext();
      });
      return;
    }
    for (const i of [0, 1] as const) {
      const lane = host.lanes[i];
      if (lane.lined || lane.queue.length === 0) continue;
      lane.lined = true;
      this.#lines[i].push(host);
    }
  }

  #callNext(): void {
    const { interval } = this.#limits;
    for (let i = this.#nextLine(); i !== null; i = this.#nextLine()) {
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
      const host = this.#lines[i].shift() as Host;
      const lane = host.lanes[i];
      lane.lined = false;
      // With its other lane the host may have used its turn.
      if (this.#hasPlace(host) && this.#ownWait(host) <= 0) this.#callFirst(host, lane);
      this.#lineUp(host);
      this.#forget(host);
    }
  }

  #nextLine(): 0 | 1 | null {
    if (this.#lines[0].length > 0) return 0;
    return this.#lines[1].length > 0 ? 1 : null;
  }

  #callFirst(host: Host, lane: Lane): void {
    const passenger = lane.queue.shift();
    if (passenger === undefined) return;
    if (passenger.gone) {
      lane.cancelled--;
      return;
    }
    passenger.called = true;
    host.called++;
    this.#called++;
    passenger.onCalled();
  }

  #isWaitedFor({ lanes }: Host): boolean {
    return lanes[0].queue.length > 0 || lanes[1].queue.length > 0;
  }

  #host(key: string): Host {
    let host = this.#hosts.get(key);
    if (host === undefined) {
      if (this.#hosts.size >= this.#sweepSize) this.#sweep();
      host = { key, inFlight: 0, called: 0, next: 0, lanes: [newLane(), newLane()], cancelAlarm: null };
      this.#hosts.set(key, host);
    }
    return host;
  }

  /** Forgets a host if there is nothing to remember of it. */
  #forget(host: Host): void {
    const { key, inFlight, called, next, lanes } = host;
    if (inFlight > 0 || called > 0 || this.#isWaitedFor(host) || lanes[0].lined || lanes[1].lined) return;
    if (this.#limits.perHostInterval !== null && next > this.#clock.now()) return;
    host.cancelAlarm?.();
    this.#hosts.delete(key);
  }

  #sweep(): void {
    for (const host of this.#hosts.values()) this.#forget(host);
    this.#sweepSize = Math.max(MIN_SWEEP, 2 * this.#hosts.size);
  }
}

function newLane(): Lane {
  return { queue: new Queue(), cancelled: 0, lined: false };
}
