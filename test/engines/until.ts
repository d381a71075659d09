import { setTimeout as delay } from 'node:timers/promises';

/** In milliseconds. */
const TIMEOUT = 120_000;
const POLL_INTERVAL = 50;

/** Looks again and again until it is so, where no event tells; rejects with what was seen last. */
export async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  const deadline = performance.now() + TIMEOUT;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`);
    await delay(POLL_INTERVAL);
  }
}
