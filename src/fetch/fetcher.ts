import type { Settings } from '../options.js';
import type { Clock } from '../pacing/clock.js';
import { Holds } from '../pacing/holds.js';
import { Pacer } from '../pacing/pacer.js';
import type { Sight } from '../sight.js';
import { ThreadedTransport } from '../threads/transport.js';
import type { FetchResult, Target } from '../types.js';
import { FetchFailure } from './errors.js';
import { Flight } from './flight.js';
import type { Observer } from './observer.js';
import { LocalTransport, type Transport } from './transport.js';

/** One URL on its way to its row. It goes leg by leg; between two it waits, and needs no slot. */
export interface Journey {
  /** Its row; `null` if it is to have none; `undefined` while it is under way. */
  readonly row: FetchResult | null | undefined;
  /** Goes on until the row is there or it has to wait. Never rejects: whatever the network does is a row. */
  leg(): Promise<void>;
  /** After a leg that ended without a row, and until the next one: who is to be told when that may begin. */
  wait(waiter: Waiter): void;
}

/** Who waits with a URL. No promises: hundreds of thousands may wait at once, and each would keep some hundred bytes more. */
export interface Waiter {
  /** It may go on. */
  onReady(): void;
  /** It has its row, and does not go on. */
  onLanded(): void;
}

/** Fetches targets, as many at once as it is asked to. */
export interface Fetcher {
  /** Resolves once a URL's time would not pass in vain. */
  readonly opened: Promise<void>;
  /** Requests on their way. */
  readonly inFlight: number;
  /** Takes on a target; its first leg is still to go. */
  open(target: Target): Journey;
  /** What has not started has no row; what has goes on. */
  withdraw(): void;
  /** Ends what is in flight too; its rows are `aborted`. */
  abort(): void;
  /** Ends the idle connections. */
  close(): void;
}

/**
 * @param onDeath called if it cannot go on; what has no row then has none
 * @param observer told of every request
 * @param random from 0 to 1, for the waits between attempts
 */
export function openFetcher(
  settings: Settings,
  clock: Clock,
  sight: Sight,
  onDeath: (error: Error) => void,
  observer: Observer | null = null,
  random: () => number = Math.random,
): Fetcher {
  return new FlightFetcher(settings, clock, sight, onDeath, observer, random);
}

class FlightFetcher implements Fetcher {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly observer: Observer | null;
  readonly random: () => number;
  readonly sight: Sight;
  readonly transport: Transport;
  readonly holds: Holds = new Holds();
  readonly pacer: Pacer;
  inFlight = 0;
  /** An array, not a Set: adding to and deleting from a Set for every URL costs a third of the speed. */
  readonly #flights: Flight[] = [];

  constructor(
    settings: Settings,
    clock: Clock,
    sight: Sight,
    onDeath: (error: Error) => void,
    observer: Observer | null,
    random: () => number,
  ) {
    this.settings = settings;
    this.clock = clock;
    this.observer = observer;
    this.random = random;
    this.sight = sight;
    this.pacer = new Pacer(settings, clock, this.holds);
    this.transport =
      settings.threads === 1
        ? new LocalTransport(settings, clock, sight)
        : new ThreadedTransport(settings, clock, sight, (error) => {
            for (const flight of this.#flights.slice()) flight.drop();
            onDeath(error);
          });
  }

  get opened(): Promise<void> {
    return this.transport.opened;
  }

  open(target: Target): Journey {
    const flight = new Flight(target, this);
    flight.place = this.#flights.push(flight) - 1;
    return flight;
  }

  /** Forgets a flight that has landed. */
  forget(flight: Flight): void {
    const last = this.#flights.pop() as Flight;
    if (last === flight) return;
    this.#flights[flight.place] = last;
    last.place = flight.place;
  }

  withdraw(): void {
    // A copy, because those that land leave the list.
    for (const flight of this.#flights.slice()) flight.withdraw();
  }

  abort(): void {
    const reason = new FetchFailure('aborted', null, 'the run was interrupted');
    for (const flight of this.#flights.slice()) flight.stop(reason);
  }

  close(): void {
    this.pacer.close();
    this.transport.close();
  }
}
