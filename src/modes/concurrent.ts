import pLimit from 'p-limit';
import type { Work } from './index.js';

/**
 * Through a pool of `concurrency` slots. A target is pulled only when a slot is free for it: fed all at once, a million
 * targets would be a million closures.
 */
export async function concurrent({ targets, fetch, results, concurrency }: Work): Promise<void> {
  const limit = pLimit(concurrency);
  let slotFreed: (() => void) | null = null;
  for await (const target of targets) {
    if (results.full) await results.room();
    if (results.closed) return;
    const place = results.reserve();
    void limit(fetch, target).then((row) => {
      results.set(place, row);
      slotFreed?.();
    });
    if (limit.activeCount === concurrency) {
      await new Promise<void>((resolve) => {
        slotFreed = resolve;
      });
      // Not one more is pulled for nothing.
      if (results.closed) return;
    }
  }
}
