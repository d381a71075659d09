import { setImmediate as turn } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Journey, Waiter } from '../fetch/fetcher.js';
import { Queue } from '../pacing/queue.js';
import type { Target } from '../types.js';
import type { Work } from './index.js';

/** So many may find one after the other that they have to wait before the network has its turn. */
const MAX_STALLED = 256;

/**
 * Through a pool of `concurrency` slots. A slot is taken as long as there is something to do, not for each URL anew, and
 * targets are taken only by a free slot: fed all at once, a million targets would be a million closures. What waits has
 * given its slot back, and goes before what has not started.
 */
export async function concurrent({ targets, open, results, concurrency }: Work): Promise<void> {
  const limit = pLimit(concurrency);
  /** What may go on, and waits for a slot; some of it may have landed meanwhile. */
  const ready: Queue<Travel> = new Queue();
  let batch: readonly Target[] = [];
  let taken = 0;
  /** Called when a slot is free and there is nothing for it to do. */
  let onHungry: (() => void) | null = null;
  /** How many legs have ended with a wait. */
  let stalled = 0;
  let pause: Promise<void> | null = null;

  const free = (): number => concurrency - limit.activeCount - limit.pendingCount;
  const next = (): Travel | undefined => {
    for (let travel = ready.shift(); travel !== undefined; travel = ready.shift()) {
      // Its time was up before there was a slot for it.
      if (travel.journey.row === undefined) return travel;
    }
    if (results.closed || results.full) return undefined;
    const target = batch[taken];
    if (target === undefined) return undefined;
    taken++;
    if (taken === batch.length && free() > 0) onHungry?.();
    return { place: results.reserve(target.url), journey: open(target), onReady, onLanded };
  };
  const slot = async (): Promise<void> => {
    for (let travel = next(); travel !== undefined; travel = next()) {
      await travel.journey.leg();
      if (arrive(travel)) continue;
      travel.journey.wait(travel);
      // Where a host waits, all that the list looks ahead may come by without one turn of the event loop.
      if (++stalled % MAX_STALLED === 0) pause = takeTurn();
      if (pause !== null) await pause;
    }
  };
  const takeTurn = async (): Promise<void> => {
    await turn();
    pause = null;
  };
  const takeSlot = async (): Promise<void> => {
    await limit(slot);
    // It may have become ready when the slot was not free yet, but looked for nothing more.
    if (ready.length > 0 && free() > 0) void takeSlot();
    else onHungry?.();
  };
  const arrive = ({ place, journey: { row } }: Travel): boolean => {
    if (row !== undefined) results.set(place, row);
    return row !== undefined;
  };
  // Shared by all: each URL with functions of its own would keep them for as long as it waits.
  function onReady(this: Travel): void {
    ready.push(this);
    if (free() > 0) void takeSlot();
  }
  function onLanded(this: Travel): void {
    // It may be in the queue, and is not looked for: hundreds of thousands may be there.
    arrive(this);
  }

  for await (batch of targets) {
    taken = 0;
    while (taken < batch.length) {
      if (results.full) await results.room();
      const hungry = new Promise<void>((resolve) => {
        onHungry = resolve;
      });
      for (let todo = Math.min(free(), batch.length - taken); todo > 0; todo--) void takeSlot();
      await hungry;
      // Not one more is pulled for nothing.
      if (results.closed) return;
    }
  }
}

/** A journey, and the place of its row. */
interface Travel extends Waiter {
  readonly place: number;
  readonly journey: Journey;
}
