import { onTestFinished } from 'vitest';

/** Between two looks, in milliseconds. */
const TICK = 10;

/**
 * Measures the milliseconds that pass, but for those that the machine gave to others: between two looks at the clock no
 * more counts than a tick, or the processor time that this process used if that is more.
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
