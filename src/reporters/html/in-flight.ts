import { bounds, type Phase, type Row } from './rows.js';

/** How many rows are in a phase, on average over each of `count` equal parts of the time from 0 to `span`. */
export function inFlight(rows: readonly Row[], phase: Phase, span: number, count: number): Float64Array {
  const mean = new Float64Array(count);
  // How many more cover a part whole than cover the one before it.
  const steps = new Float64Array(count + 1);
  const scale = count / span;
  for (const row of rows) {
    const [from, to] = bounds(row, phase);
    const begin = Math.min(from * scale, count);
    const end = Math.min(to * scale, count);
    if (!(end > begin)) continue;
    const first = Math.min(Math.floor(begin), count - 1);
    const last = Math.min(Math.floor(end), count - 1);
    if (first === last) {
      add(mean, first, end - begin);
      continue;
    }
    add(mean, first, first + 1 - begin);
    add(mean, last, end - last);
    add(steps, first + 1, 1);
    add(steps, last, -1);
  }
  let whole = 0;
  for (let i = 0; i < count; i++) {
    whole += steps[i] ?? 0;
    add(mean, i, whole);
  }
  return mean;
}

function add(values: Float64Array, i: number, value: number): void {
  values[i] = (values[i] ?? 0) + value;
}

/** Most rows that were on their way at one time. */
export function peak(rows: readonly Row[]): number {
  const starts = Float64Array.from(rows, (row) => row.start).sort();
  const ends = Float64Array.from(rows, (row) => row.end).sort();
  let most = 0;
  let ended = 0;
  for (const [i, start] of starts.entries()) {
    while ((ends[ended] ?? start + 1) <= start) ended++;
    most = Math.max(most, i + 1 - ended);
  }
  return most;
}

/** How many were on their way on average: what fetching one after the other would take, over what it took. */
export function meanInFlight(rows: readonly Row[], duration: number): number {
  let sum = 0;
  for (const { start, end } of rows) sum += end - start;
  return duration > 0 ? sum / duration : 0;
}
