import { Worker } from 'node:worker_threads';
import type { FetchFailure } from '../fetch/errors.js';
import type { Requester, RequestMessage, Sent, Transport } from '../fetch/transport.js';
import type { Settings } from '../options.js';
import type { Clock } from '../pacing/clock.js';
import type { Sight } from '../sight.js';
import {
  fromPlainResult,
  type Orders,
  type PlainRequest,
  type Results,
  toPlainFailure,
  toPlainRequest,
  type WorkerData,
} from './messages.js';

/** A worker thread has ended before the run did. */
export class ThreadDied extends Error {
  override readonly name = 'ThreadDied';
}

/**
 * On the connections of worker threads, each with its own. A host's requests all go to the same one, so that its
 * connections are shared as with one thread. All else stays in the thread of the run: limits, order and deadlines need
 * nobody else's consent.
 */
export class ThreadedTransport implements Transport {
  readonly opened: Promise<void>;
  readonly #threads: readonly Thread[];

  /** @param onDeath called if a thread ends before it should; what it was asked for is never told of */
  constructor(settings: Settings, clock: Clock, sight: Sight, onDeath: (error: ThreadDied) => void) {
    const { given, threads, maxConnections } = settings;
    const data: WorkerData = {
      given,
      maxConnections: Math.floor(maxConnections / threads),
      startedAt: performance.timeOrigin + performance.now() - clock.now(),
      sight: sight.memory,
    };
    this.#threads = Array.from({ length: threads }, () => new Thread(data, onDeath));
    this.opened = Promise.all(this.#threads.map(({ opened }) => opened)).then(() => {});
  }

  send(message: RequestMessage, requester: Requester): Sent {
    const thread = this.#threads[hash(message.origin) % this.#threads.length] as Thread;
    return thread.send(message, requester);
  }

  close(): void {
    for (const thread of this.#threads) thread.close();
  }
}

/** One worker, and what it was asked for. */
class Thread {
  /** Resolves once it has loaded, or has died of that. */
  readonly opened: Promise<void>;
  #onOpened: () => void = () => {};
  readonly #worker: Worker;
  /** By their ids, which are used again: no more than are in flight. */
  readonly #requesters: (Requester | null)[] = [];
  readonly #freeIds: number[] = [];
  /** What is told the worker once this turn of the event loop is over. */
  #requests: PlainRequest[] = [];
  #failures: { readonly id: number; readonly requester: Requester; readonly reason: FetchFailure }[] = [];
  #flushing = false;
  #closed = false;

  constructor(data: WorkerData, onDeath: (error: ThreadDied) => void) {
    this.opened = new Promise((resolve) => {
      this.#onOpened = resolve;
    });
    const die = (why: string, cause?: unknown): void => {
      if (this.#closed) return;
      this.close();
      onDeath(new ThreadDied(`a worker thread died: ${why}`, { cause }));
    };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: data,
      // Not those of the program: what they say of it would not hold for a worker.
      execArgv: [],
    })
      .on('message', (results: Results) => this.#onResults(results))
      .on('error', (error: Error) => die(error.message, error))
      .on('exit', (code) => die(`exit status ${code}`));
  }

  send(message: RequestMessage, requester: Requester): Sent {
    const id = this.#freeIds.pop() ?? this.#requesters.length;
    this.#requesters[id] = requester;
    this.#requests.push(toPlainRequest(id, message));
    this.#flush();
    return {
      fail: (reason: FetchFailure) => {
        this.#failures.push({ id, requester, reason });
        this.#flush();
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.#onOpened();
    void this.#worker.terminate();
  }

  #flush(): void {
    if (this.#flushing || this.#closed) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      // Another one may have the id by now.
      const failures = this.#failures.filter(({ id, requester }) => this.#requesters[id] === requester);
      const orders: Orders = {
        requests: this.#requests,
        failures: failures.map(({ id, reason }) => [id, toPlainFailure(reason)]),
      };
      this.#requests = [];
      this.#failures = [];
      this.#worker.postMessage(orders);
    });
  }

  #onResults(results: Results): void {
    // The first are none, and only say that it has loaded.
    this.#onOpened();
    for (const result of results) {
      const [id] = result;
      const requester = this.#requesters[id] as Requester;
      this.#requesters[id] = null;
      this.#freeIds.push(id);
      requester.onExchange(fromPlainResult(result));
    }
  }
}

/** Of an origin: which thread has it. */
function hash(text: string): number {
  let value = 0;
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) | 0;
  return (value ^ (value >>> 15)) >>> 0;
}
