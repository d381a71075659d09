import { backOff, retryAfter } from '../pacing/back-off.js';
import type { Clock } from '../pacing/clock.js';
import type { Holds } from '../pacing/holds.js';
import type { Pacer, Passenger } from '../pacing/pacer.js';
import type { Sight } from '../sight.js';
import type { FetchResult, Target } from '../types.js';
import { FetchFailure, isTransient, isTransientStatus, toFailure } from './errors.js';
import type { Journey, Waiter } from './fetcher.js';
import { type Answer, type FetchContext, type Inquirer, Inquiry } from './inquiry.js';
import { toRow } from './row.js';
import { parseUrl } from './urls.js';

/** What all flights of a run share. */
export interface FlightContext extends FetchContext {
  /** From 0 to 1. */
  readonly random: () => number;
  readonly clock: Clock;
  readonly holds: Holds;
  readonly pacer: Pacer;
  readonly sight: Sight;
  /** Requests on their way. */
  inFlight: number;
  /** The flight has landed. */
  forget(flight: Flight): void;
}

/** One URL on its way from target to row. */
export class Flight implements Journey, Inquirer, Passenger {
  row: FetchResult | null | undefined = undefined;
  /** Place in the fetcher's list. */
  place = 0;
  called = false;

  readonly #target: Target;
  readonly #context: FlightContext;
  #inquiry: Inquiry | null = null;
  /** `null` until its first request is due. */
  #startTime: number | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #attempts = 0;
  /** The next request is a new attempt, not one more of the last. */
  #newAttempt = true;
  /** What the last attempt came to, until the next one starts. */
  #outcome: Answer | FetchFailure | null = null;
  #asking = false;
  #stopped: FetchFailure | null = null;
  /** The host to which it has a request in flight, for the pacer. */
  #entered: string | null = null;
  /** The host in whose line it stands, or has been called from, with the pacer. */
  #inLine: string | null = null;
  #waiting = false;
  #cancelAlarm: (() => void) | null = null;
  #onLegEnd: (() => void) | null = null;
  #waiter: Waiter | null = null;

  constructor(target: Target, context: FlightContext) {
    this.#target = target;
    this.#context = context;
  }

  get index(): number {
    return this.#target.index;
  }

  get gone(): boolean {
    return this.row !== undefined;
  }

  get started(): boolean {
    return this.#startTime !== null;
  }

  /** The pacer has its turn. */
  onCalled(): void {
    this.#wake();
  }

  leg(): Promise<void> {
    this.#waiter = null;
    return new Promise((resolve) => {
      this.#onLegEnd = resolve;
      try {
        this.#inquiry ??= new Inquiry(parseUrl(this.#target), this.#context, this);
        this.#goOn(this.#inquiry);
      } catch (error) {
        this.#land(toFailure(error));
      }
      if (this.row !== undefined) this.#endLeg();
    });
  }

  wait(waiter: Waiter): void {
    this.#waiter = waiter;
    if (!this.#waiting) waiter.onReady();
  }

  /** Has no row if it has not started. */
  withdraw(): void {
    if (this.#startTime === null && this.row === undefined) this.#finish(null);
  }

  /** Ends it without a row. */
  drop(): void {
    if (this.row === undefined) this.#finish(null);
  }

  /** Ends it, in whatever phase it is. */
  stop(reason: FetchFailure): void {
    if (this.row !== undefined) return;
    this.#stopped = reason;
    if (this.#startTime === null) this.#finish(null);
    else if (this.#asking) this.#inquiry?.stop(reason);
    else this.#land(reason);
  }

  /** Asks, if there is nothing to wait for. */
  #goOn(inquiry: Inquiry): void {
    if (this.row !== undefined) return;
    if (this.#stopped !== null) {
      this.#land(this.#stopped);
      return;
    }
    const { origin } = inquiry;
    const { pacer } = this.#context;
    const held = this.#heldFor(origin);
    if (held > 0 && held < this.#timeLeft()) {
      this.#leaveLine();
      this.#wait(held);
    } else if (held > 0 && this.#outcome !== null) {
      // It cannot wait so long: the answer in hand is the row. Without one it asks all the same.
      this.#land(this.#outcome);
    } else if (pacer.enter(origin, this)) {
      this.#inLine = null;
      this.#entered = origin;
      this.#start();
      this.#asking = true;
      this.#context.inFlight++;
      inquiry.ask();
    } else {
      this.#inLine = origin;
      this.#beginWait();
    }
  }

  onOutcome(outcome: Answer | FetchFailure | null): void {
    this.#asking = false;
    this.#context.inFlight--;
    const inquiry = this.#inquiry as Inquiry;
    // First, so that nobody is called to a host that is held.
    const asked = this.#holdHost(inquiry);
    if (this.#entered !== null) this.#context.pacer.leave(this.#entered);
    this.#entered = null;
    // It was dropped meanwhile.
    if (this.row !== undefined) return;
    const wait = this.#mayRetry(outcome, inquiry) ? (asked ?? backOff(this.#attempts, this.#context.random)) : null;
    if (wait !== null && wait < this.#timeLeft()) {
      this.#outcome = outcome;
      this.#newAttempt = true;
      inquiry.askAgain();
      const { observer, clock } = this.#context;
      observer?.onRetry(clock.now(), this.index, wait, outcome instanceof FetchFailure ? outcome : null);
      this.#wait(wait);
    } else if (outcome === null) {
      // A redirect, or a probe without an answer: there is more to ask.
      this.#goOn(inquiry);
    } else {
      this.#land(outcome);
    }
  }

  /** The time of the URL starts with its first request; how long its host held it back before does not count. */
  #start(): void {
    if (this.#newAttempt) {
      this.#attempts++;
      this.#outcome = null;
    }
    this.#newAttempt = false;
    if (this.#startTime !== null) return;
    this.#context.sight.remove(this.#target.url);
    this.#startTime = this.#context.clock.now();
    this.#deadline = setTimeout(expire, this.#context.settings.timeout, this);
  }

  /** The time of the URL is used up. */
  expire(): void {
    const { timeout } = this.#context.settings;
    if (this.#asking || this.#outcome === null) {
      this.stop(new FetchFailure('timeout', null, `not done within ${timeout} ms`));
    } else {
      this.#land(this.#outcome);
    }
  }

  #timeLeft(): number {
    const { settings, clock } = this.#context;
    return this.#startTime === null ? settings.timeout : this.#startTime + settings.timeout - clock.now();
  }

  #heldFor(origin: string): number {
    const until = this.#context.holds.until(origin);
    return until === 0 ? 0 : until - this.#context.clock.now();
  }

  /** Holds the host back if the response asks for that; gives for how long, `null` if it does not ask. */
  #holdHost({ origin, exchange }: Inquiry): number | null {
    const head = exchange?.head ?? null;
    if (head === null || head.retryAfter === null || !isTransientStatus(head.status)) return null;
    const { clock, holds, settings } = this.#context;
    const wait = retryAfter(head.retryAfter, clock.date());
    // A longer one would be kept by nobody.
    if (wait !== null && wait < settings.timeout) holds.hold(origin, clock.now() + wait, clock.now());
    return wait;
  }

  #mayRetry(outcome: Answer | FetchFailure | null, { exchange }: Inquiry): boolean {
    if (this.#stopped !== null || this.#attempts > this.#context.settings.retry) return false;
    if (outcome instanceof FetchFailure) return isTransient(outcome);
    return isTransientStatus(exchange?.head?.status ?? 0);
  }

  #wait(time: number): void {
    this.#cancelAlarm = this.#context.clock.after(time, () => this.#wake());
    this.#beginWait();
  }

  #beginWait(): void {
    this.#waiting = true;
    // To take the URL apart once more is nothing; what that makes is most of what a URL keeps while it waits for its host.
    if (this.#startTime === null) this.#inquiry = null;
    this.#endLeg();
  }

  #wake(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#cancelAlarm = null;
    this.#waiter?.onReady();
  }

  #endLeg(): void {
    this.#onLegEnd?.();
    this.#onLegEnd = null;
  }

  #leaveLine(): void {
    if (this.#inLine !== null) this.#context.pacer.cancel(this.#inLine, this);
    this.#inLine = null;
  }

  #land(outcome: Answer | FetchFailure): void {
    if (this.row === undefined) this.#finish(this.#rowOf(outcome));
  }

  #finish(row: FetchResult | null): void {
    this.row = row;
    if (this.#startTime === null) this.#context.sight.remove(this.#target.url);
    clearTimeout(this.#deadline);
    this.#context.forget(this);
    this.#cancelAlarm?.();
    this.#leaveLine();
    this.#waiting = false;
    this.#endLeg();
    this.#waiter?.onLanded();
  }

  #rowOf(outcome: Answer | FetchFailure): FetchResult {
    const now = this.#context.clock.now();
    const times = { startTime: this.#startTime ?? now, now };
    return toRow(this.#target, this.#inquiry, outcome, this.#attempts, times);
  }
}

function expire(flight: Flight): void {
  flight.expire();
}
