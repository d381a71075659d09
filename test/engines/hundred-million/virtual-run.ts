import { setImmediate as turn } from 'node:timers/promises';
import type { Fetcher, Journey, Waiter } from '../../../src/fetch/fetcher.js';
import { Holds } from '../../../src/pacing/holds.js';
import { Pacer, type Passenger } from '../../../src/pacing/pacer.js';
import { Run } from '../../../src/run.js';
import type { FetchResult, Options, Target } from '../../../src/types.js';
import { mix } from '../../helpers/host-server.js';
import { answered } from '../../helpers/rows.js';
import { settings } from '../../helpers/settings.js';
import { VirtualClock } from './virtual-clock.js';

/** A chunk of a file has some thousand lines. */
const BATCH = 2048;

/** A row may take one turn of the event loop from its URL to its reader, and what it makes room for another. */
const QUIET_TURNS = 3;

/** What a virtual run comes to. */
interface Outcome {
  /** Milliseconds of its own time. */
  readonly duration: number;
  readonly rows: number;
  /** Most URLs that were taken from the list and had no answer yet. */
  readonly mostOpen: number;
}

/**
 * The tool's own run (its modes, its pacer, its result map) over URLs that each take the same time and need no network,
 * in a time that goes on as soon as nothing is left to do in it.
 *
 * @param hosts of each URL of the list, in its order
 * @param time of a URL, in milliseconds
 */
export async function runVirtually(hosts: Uint32Array, time: number, options: Options): Promise<Outcome> {
  const chosen = settings(options);
  const network = new VirtualNetwork(time);
  const run = new Run(targetsOf(hosts), chosen, {
    openFetcher: () => network.fetcher(new Pacer(chosen, network.clock, new Holds())),
  });
  let rows = 0;
  let ended = false;
  const reading = (async () => {
    for await (const batch of run.rows()) {
      rows += batch.length;
      network.steps++;
    }
    ended = true;
  })();
  while (!ended) {
    await network.settled();
    network.clock.ring();
  }
  await reading;
  return { duration: network.clock.now(), rows, mostOpen: network.mostOpen };
}

async function* targetsOf(hosts: Uint32Array): AsyncGenerator<Target[]> {
  for (let start = 0; start < hosts.length; start += BATCH) {
    yield Array.from(hosts.subarray(start, start + BATCH), (host, i) => ({
      index: start + i,
      url: `http://host-${host}/`,
      flaw: null,
    }));
  }
}

/** Stands for all hosts. */
class VirtualNetwork {
  readonly clock = new VirtualClock();
  readonly #time: number;
  /** Of whatever can make something else go on. */
  steps = 0;
  open = 0;
  mostOpen = 0;

  constructor(time: number) {
    this.#time = time;
  }

  /** How long a URL takes: another time for each, or all slots would be free in the same moment, as on no network. */
  timeOf({ index }: Target): number {
    return this.#time / 2 + (mix(index) % (this.#time + 1));
  }

  fetcher(pacer: Pacer): Fetcher {
    return {
      opened: Promise.resolve(),
      inFlight: 0,
      open: (target) => new VirtualJourney(target, this, pacer),
      withdraw: () => {},
      abort: () => {},
      close: () => pacer.close(),
    };
  }

  /** Resolves once everything waits for time to pass. */
  async settled(): Promise<void> {
    for (let quiet = 0, seen = this.steps; quiet < QUIET_TURNS; quiet++) {
      await turn();
      if (this.steps !== seen) quiet = 0;
      seen = this.steps;
    }
  }
}

/** A URL that waits for its host as one on a real network does. */
class VirtualJourney implements Journey, Passenger {
  row: FetchResult | undefined = undefined;
  called = false;
  readonly started = false;
  readonly gone = false;
  readonly #target: Target;
  readonly #network: VirtualNetwork;
  readonly #pacer: Pacer;
  #waits = false;
  #waiter: Waiter | null = null;

  constructor(target: Target, network: VirtualNetwork, pacer: Pacer) {
    this.#target = target;
    this.#network = network;
    this.#pacer = pacer;
    network.mostOpen = Math.max(network.mostOpen, ++network.open);
  }

  async leg(): Promise<void> {
    this.#network.steps++;
    const { url } = this.#target;
    this.#waiter = null;
    this.#waits = !this.#pacer.enter(url, this);
    if (this.#waits) return;
    await new Promise<void>((resolve) => {
      this.#network.clock.after(this.#network.timeOf(this.#target), resolve);
    });
    this.#network.steps++;
    this.#network.open--;
    this.#pacer.leave(url);
    this.row = answered({ index: this.#target.index, url: this.#target.url });
  }

  onCalled(): void {
    this.#waits = false;
    this.#waiter?.onReady();
  }

  wait(waiter: Waiter): void {
    this.#waiter = waiter;
    if (!this.#waits) waiter.onReady();
  }
}
