import type { Run } from '../run.js';
import type { HostProcess } from './host.js';
import { progressLine } from './progress.js';
import { Speedometer } from './speedometer.js';
import { StatusLine } from './status-line.js';
import { inColour } from './terminal.js';

/**
 * Shows how far a run is, until it is closed.
 *
 * @param current the run that has started last
 * @param labelOf what tells it from others
 * @param stop its list will not be done to its end
 */
export function showProgress(
  host: HostProcess,
  current: () => Run | undefined,
  labelOf: (run: Run) => string | null,
  stop: AbortSignal,
): StatusLine {
  const colour = inColour(host.stderr, host.env);
  let shown: Run | undefined;
  let speedometer: Speedometer | undefined;
  return new StatusLine(host, (columns) => {
    const run = current();
    if (run === undefined) return '';
    if (run !== shown || speedometer === undefined) speedometer = new Speedometer(run.kept);
    shown = run;
    const { totals, inFlight, elapsed } = run;
    const expected = stop.aborted ? null : run.expected;
    const speed = speedometer.measure(elapsed, totals);
    return progressLine({ label: labelOf(run), totals, expected, inFlight, elapsed, speed }, columns, colour);
  });
}
