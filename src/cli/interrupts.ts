import { constants } from 'node:os';
import type { HostProcess } from './host.js';

/** How long what is in flight may go on after the first signal, in milliseconds. */
const GRACE = 5_000;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The ways in which a run ends before its list does. The first signal ends it in good order, the second at once. */
export class Interrupts {
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  readonly #host: HostProcess;
  readonly #onFirst: () => void;
  #timer: NodeJS.Timeout | undefined;
  #status: number | null = null;

  /** @param onFirst called on the first signal */
  constructor(host: HostProcess, onFirst: () => void) {
    this.#host = host;
    this.#onFirst = onFirst;
    for (const signal of SIGNALS) host.on(signal, this.#onSignal);
  }

  /** No URL starts any more. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** What is in flight ends too. */
  get abort(): AbortSignal {
    return this.#abort.signal;
  }

  /** The exit status that the signal asks for (128 and its number); `null` if none came. */
  get status(): number | null {
    return this.#status;
  }

  /** Ends the run now: there is no point in going on. */
  giveUp(): void {
    this.#stop.abort();
    this.#abort.abort();
  }

  /** Listens no longer. */
  close(): void {
    clearTimeout(this.#timer);
    for (const signal of SIGNALS) this.#host.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const again = this.#status !== null;
    this.#status = 128 + constants.signals[signal];
    if (again) this.#host.exit(this.#status);
    this.#onFirst();
    this.#stop.abort();
    this.#timer = setTimeout(() => this.#abort.abort(), GRACE);
  };
}

/** A signal has ended what was going on. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly status: number;

  /** @param status the exit status that the signal asks for */
  constructor(status: number) {
    super('interrupted');
    this.status = status;
  }
}

/**
 * Does what the first signal already ends, since nothing is in flight yet. A second one changes nothing: what was begun is
 * cleared away first.
 *
 * @throws {Interrupted}
 */
export async function interruptible<T>(host: HostProcess, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => stop.abort(new Interrupted(128 + constants.signals[signal]));
  for (const signal of SIGNALS) host.on(signal, onSignal);
  try {
    const result = await work(stop.signal);
    // The signal may have come too late for the work to notice.
    stop.signal.throwIfAborted();
    return result;
  } finally {
    for (const signal of SIGNALS) host.off(signal, onSignal);
  }
}
