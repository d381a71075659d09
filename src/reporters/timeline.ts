import type { FetchResult, ReportedRun } from '../types.js';

/** By the halves of a column that are filled: none, the right one, the left one, both. */
const BLOCKS = [' ', '▐', '▌', '█'] as const;

/** So much longer than it looks a run may take before its scale has to change. */
const MARGIN = 1.1;

/**
 * When each URL of a run was on its way, as a bar on one scale for all. How long the run will take is not known when its
 * first row is drawn, if it is not a recorded one: the guess is that every URL takes as long as that one did. Whenever that
 * proves too short, the scale doubles.
 */
export class Timeline {
  /** From the start of the run, in milliseconds; 0 before the first row. */
  #span = 0;

  /** Empty if it never was. */
  bar({ startTime, duration, attempts }: FetchResult, run: ReportedRun, columns: number): string {
    if (attempts === 0) return '';
    const end = startTime + duration;
    if (this.#span === 0) {
      const rounds = Math.ceil((run.expected ?? 1) / run.concurrency);
      this.#span = Math.max(run.duration, MARGIN * (startTime + duration * Math.max(1, rounds))) || 1;
    }
    while (end > this.#span) this.#span *= 2;
    const halves = 2 * columns;
    const first = Math.min(halves - 1, Math.round((startTime / this.#span) * halves));
    const last = Math.max(first, Math.round((end / this.#span) * halves) - 1);
    const filled = (half: number): boolean => half >= first && half <= last;
    let bar = '';
    for (let left = 0; left <= last; left += 2) bar += BLOCKS[(filled(left) ? 2 : 0) + (filled(left + 1) ? 1 : 0)];
    return bar;
  }
}
