import { setMaxListeners } from 'node:events';
import { type Fetcher, type Journey, openFetcher } from './fetch/fetcher.js';
import type { Observer } from './fetch/observer.js';
import { lookAhead } from './lookahead.js';
import { fitToMachine } from './machine.js';
import { modes } from './modes/index.js';
import { quote } from './option-error.js';
import type { Settings } from './options.js';
import { type Clock, startClock } from './pacing/clock.js';
import { ResultMap } from './results.js';
import { Sight } from './sight.js';
import { noTotals, type RunningTotals } from './totals.js';
import type { FetchResult, ModeName, Report, ReportedRun, Target, Totals } from './types.js';

export type OpenFetcher = (
  settings: Settings,
  clock: Clock,
  sight: Sight,
  onDeath: (error: Error) => void,
  observer: Observer | null,
) => Fetcher;

/** What a run may be given beside its targets and settings. */
export interface RunExtras {
  /** No URL is started any more, those in flight come to their end (`settings.signal` ends them too). */
  readonly stop?: AbortSignal;
  /** Of rows that an earlier run has left; this one's are added to them. */
  readonly totals?: Totals;
  /** Told of every request. */
  readonly observer?: Observer;
  readonly openFetcher?: OpenFetcher;
}

/** One run over a list, from its targets to its rows. Its clock starts when it is made. */
export class Run implements ReportedRun {
  readonly mode: ModeName;
  readonly concurrency: number;
  readonly threads: number;
  readonly startedDateTime: string = new Date().toISOString();
  /** Of the rows that an earlier run has left. */
  readonly kept: Totals;
  readonly #clock: Clock = startClock();
  readonly #targets: AsyncIterable<readonly Target[]>;
  readonly #settings: Settings;
  readonly #stop: AbortSignal | undefined;
  readonly #openFetcher: OpenFetcher;
  readonly #observer: Observer | null;
  readonly #sight: Sight = new Sight();
  readonly #totals: RunningTotals;
  #fetcher: Fetcher | null = null;
  #duration = 0;
  #failure: Error | null = null;

  /** @param targets in batches of what is known at a time */
  constructor(targets: AsyncIterable<readonly Target[]>, settings: Settings, extras: RunExtras = {}) {
    this.#settings = fitToMachine(settings);
    this.mode = settings.mode;
    this.concurrency = this.#settings.concurrency;
    this.threads = this.#settings.threads;
    this.#targets = targets;
    this.#stop = extras.stop;
    this.#openFetcher = extras.openFetcher ?? openFetcher;
    this.#observer = extras.observer ?? null;
    this.kept = extras.totals ?? noTotals();
    this.#totals = { ...this.kept };
  }

  get duration(): number {
    return this.#duration;
  }

  get totals(): Totals {
    return this.#totals;
  }

  /** How many rows there will be; `null` until the list has been read to its end. */
  get expected(): number | null {
    return this.#sight.ended ? this.kept.urls + this.#sight.listed : null;
  }

  /** Requests on their way. */
  get inFlight(): number {
    return this.#fetcher?.inFlight ?? 0;
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#clock.now();
  }

  /** Why the list could not be read, or worked off, to its end; what was done before that has its rows. */
  get failure(): Error | null {
    return this.#failure;
  }

  async *rows(): AsyncGenerator<readonly FetchResult[]> {
    const { mode, concurrency, order, signal } = this.#settings;
    const results = new ResultMap(order, this.#totals);
    const sight = this.#sight;
    const onDeath = (error: Error): void => {
      this.#failure ??= error;
      results.close();
    };
    const fetcher = this.#openFetcher(this.#settings, this.#clock, sight, onDeath, this.#observer);
    this.#fetcher = fetcher;
    const open = (target: Target): Journey => fetcher.open(target);

    const unlisten = [
      onAbort(this.#stop, () => {
        results.close();
        fetcher.withdraw();
      }),
      onAbort(signal, () => {
        results.close();
        fetcher.abort();
      }),
    ];
    // Not awaited: after a stop it may wait for a next target that never comes.
    void fetcher.opened
      .then(() => modes[mode]({ targets: lookAhead(this.#targets, sight), open, results, concurrency }))
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(quote(error), { cause: error });
      })
      .finally(() => results.close());
    try {
      for await (const rows of results.batches()) {
        this.#measure();
        yield rows;
      }
    } finally {
      this.#measure();
      for (const release of unlisten) release();
      // Whoever reads the rows may have left early.
      results.close();
      fetcher.abort();
      fetcher.close();
    }
  }

  /**
   * Reads all rows.
   *
   * @throws the `failure`
   */
  async report(): Promise<Report> {
    const results: FetchResult[] = [];
    for await (const rows of this.rows()) for (const row of rows) results.push(row);
    if (this.#failure !== null) throw this.#failure;
    const { mode, concurrency, startedDateTime, duration, totals } = this;
    return { mode, concurrency, startedDateTime, results, duration, totals };
  }

  #measure(): void {
    this.#duration = Math.round(this.#clock.now() * 1000) / 1000;
  }
}

/** Calls back when the signal aborts, or at once if it has; gives a function that takes that back. */
function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal?.aborted) callback();
  else if (signal !== undefined) {
    // As many runs as one likes may end by one signal; Node warns of more than ten.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', callback);
  }
  return () => signal?.removeEventListener('abort', callback);
}
