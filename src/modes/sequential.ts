import type { Journey } from '../fetch/fetcher.js';
import type { Work } from './index.js';

/** One URL after the other; what one has to wait for, all wait for. */
export async function sequential({ targets, open, results }: Work): Promise<void> {
  for await (const batch of targets) {
    for (const target of batch) {
      if (results.full) await results.room();
      if (results.closed) return;
      const place = results.reserve(target.url);
      const journey = open(target);
      await journey.leg();
      while (journey.row === undefined) {
        await ready(journey);
        await journey.leg();
      }
      results.set(place, journey.row);
    }
  }
}

/** Resolves once it may go on, or has its row. */
function ready(journey: Journey): Promise<void> {
  return new Promise((resolve) => journey.wait({ onReady: resolve, onLanded: resolve }));
}
