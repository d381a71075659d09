import { onTestFinished } from 'vitest';

/** In milliseconds. */
const TICK = 10;

/**
 * Measures, in milliseconds, the time in which this process could act: of the time in which it waited, or ran for no more
 * than a tick, a tick at most counts between two turns. A busy machine takes longer, but not more of this time.
 *
 * @returns gives how much there was so far
 */
export function measureOwnTime(): () => number {
  let own = 0;
  let before = performance.now();
  let cpuBefore = process.cpuUsage();
  const count = (): number => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(cpuBefore);
    own += Math.min(now - before, Math.max(TICK, (user + system) / 1000));
    before = now;
    cpuBefore = process.cpuUsage();
    return own;
  };
  const timer = setInterval(count, TICK);
  onTestFinished(() => clearInterval(timer));
  return count;
}
