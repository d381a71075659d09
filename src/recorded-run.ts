import { readRecorded } from './recorded.js';
import { addRow, noTotals, type RunningTotals } from './totals.js';
import type { FetchResult, ModeName, ReportedRun, Totals } from './types.js';

/**
 * The run that recorded rows are of, as a reporter sees it. What rows do not tell it is found out from their times: how
 * many were in flight at most, and when it ended; they are read twice for that, and never held.
 */
export class RecordedRun implements ReportedRun {
  readonly mode: ModeName;
  readonly concurrency: number;
  readonly startedDateTime: string;
  readonly duration: number;
  /** How many lines are rows. */
  readonly recorded: number;
  /** How many are not. */
  readonly dropped: number;
  readonly #read: () => AsyncIterable<Buffer>;
  readonly #totals: RunningTotals = noTotals();

  private constructor(read: () => AsyncIterable<Buffer>, survey: Survey, written: number) {
    this.#read = read;
    this.concurrency = Math.max(1, survey.peak());
    this.mode = this.concurrency === 1 ? 'sequential' : 'concurrent';
    this.duration = survey.end / 1000;
    this.startedDateTime = new Date(written - this.duration).toISOString();
    this.recorded = survey.recorded;
    this.dropped = survey.dropped;
  }

  /**
   * @param read gives all of the recording, from its start, as often as it is called
   * @param written when it was, with its last row; in milliseconds of the Unix epoch
   */
  static async of(read: () => AsyncIterable<Buffer>, written: number): Promise<RecordedRun> {
    const survey = new Survey();
    for await (const lines of readRecorded(read())) for (const { row } of lines) survey.add(row);
    return new RecordedRun(read, survey, written);
  }

  get totals(): Totals {
    return this.#totals;
  }

  async *rows(): AsyncGenerator<readonly FetchResult[]> {
    for await (const lines of readRecorded(this.#read())) {
      const rows: FetchResult[] = [];
      for (const { row } of lines) {
        if (row === null) continue;
        addRow(this.#totals, row);
        rows.push(row);
      }
      yield rows;
    }
  }
}

/** What a look at every row finds out; of a row it keeps two numbers. */
class Survey {
  /** Of the last row to end, in microseconds from the start of the run. */
  end = 0;
  recorded = 0;
  dropped = 0;
  readonly #starts = new Numbers();
  readonly #ends = new Numbers();

  /** @param row `null` for a line that is none */
  add(row: FetchResult | null): void {
    if (row === null) {
      this.dropped++;
      return;
    }
    this.recorded++;
    const start = Math.round(row.startTime * 1000);
    const end = start + Math.round(row.duration * 1000);
    this.end = Math.max(this.end, end);
    if (row.attempts === 0) return;
    this.#starts.add(start);
    // Times are rounded: what ends just as the next one starts may seem to end a microsecond later.
    this.#ends.add(Math.max(start, end - 1));
  }

  /** How many were in flight at most. */
  peak(): number {
    const starts = this.#starts.sorted();
    const ends = this.#ends.sorted();
    let peak = 0;
    let ended = 0;
    for (let i = 0; i < starts.length; i++) {
      while ((ends[ended] as number) <= (starts[i] as number)) ended++;
      peak = Math.max(peak, i + 1 - ended);
    }
    return peak;
  }
}

/** A list of numbers at eight bytes each: there may be millions. */
class Numbers {
  #values = new Float64Array(1024);
  #length = 0;

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const more = new Float64Array(2 * this.#length);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#length++] = value;
  }

  sorted(): Float64Array {
    return this.#values.subarray(0, this.#length).sort();
  }
}
