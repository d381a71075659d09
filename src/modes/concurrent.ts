import pLimit from 'p-limit';
import type { Journey } from '../fetch/fetcher.js';
import type { Target } from '../types.js';
import type { Work } from './index.js';

/**
 * Through a pool of `concurrency` slots. A target is pulled only when a slot is free for it: fed all at once, a million
 * targets would be a million closures. What waits has given its slot back, and goes before what has not started.
 */
export async function concurrent({ targets, open, results, concurrency }: Work): Promise<void> {
  const limit = pLimit(concurrency);
  let slotFreed: (() => void) | null = null;

  const inSlot = async (journey: Journey): Promise<void> => {
    await limit(leg, journey);
    slotFreed?.();
  };
  const travel = async (target: Target): Promise<void> => {
    const place = results.reserve(target.url);
    const journey = open(target);
    await inSlot(journey);
    while (journey.row === undefined) {
      await journey.ready();
      // Its time may be up before there is a slot for it.
      await Promise.race([inSlot(journey), journey.landed()]);
    }
    results.set(place, journey.row);
  };

  for await (const target of targets) {
    if (results.full) await results.room();
    if (results.closed) return;
    void travel(target);
    while (limit.activeCount + limit.pendingCount >= concurrency) {
      await new Promise<void>((resolve) => {
        slotFreed = resolve;
      });
      // Not one more is pulled for nothing.
      if (results.closed) return;
    }
  }
}

function leg(journey: Journey): Promise<void> {
  return journey.leg();
}
