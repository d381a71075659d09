import type { Work } from './index.js';

/** One URL after the other. */
export async function sequential({ targets, fetch, results }: Work): Promise<void> {
  for await (const target of targets) {
    if (results.full) await results.room();
    if (results.closed) return;
    const place = results.reserve();
    results.set(place, await fetch(target));
  }
}
