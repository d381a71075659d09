import { parentPort, workerData } from 'node:worker_threads';
import { type ExchangeResult, LocalTransport, type Sent } from '../fetch/transport.js';
import { resolveGiven } from '../options.js';
import type { Clock } from '../pacing/clock.js';
import { Sight } from '../sight.js';
import {
  fromPlainFailure,
  fromPlainRequest,
  type Orders,
  type PlainResult,
  toPlainResult,
  type WorkerData,
} from './messages.js';

// A worker thread of `--threads`: carries requests for the thread of the run, on connections of its own.

const port = parentPort as NonNullable<typeof parentPort>;
const { given, maxConnections, startedAt, sight } = workerData as WorkerData;
const clock: Pick<Clock, 'now'> = { now: () => performance.timeOrigin + performance.now() - startedAt };
const transport = new LocalTransport({ ...resolveGiven(given), maxConnections }, clock, new Sight(sight));

/** Under way, by their ids. */
const sent: (Sent | null)[] = [];
/** What is told once this turn of the event loop is over. */
let results: PlainResult[] = [];

port.on('message', ({ requests, failures }: Orders) => {
  for (const request of requests) {
    const [id] = request;
    sent[id] = transport.send(fromPlainRequest(request), { onExchange: (result) => tell(id, result) });
  }
  for (const [id, reason] of failures) sent[id]?.fail(fromPlainFailure(reason));
});

port.postMessage(results);

function tell(id: number, result: ExchangeResult): void {
  sent[id] = null;
  if (results.length === 0) setImmediate(flush);
  results.push(toPlainResult(id, result));
}

function flush(): void {
  port.postMessage(results);
  results = [];
}
