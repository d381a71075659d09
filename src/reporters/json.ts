import type { ReportedRun } from '../types.js';
import type { Reporter } from './index.js';
import { speedup } from './summary.js';

/** One object, its keys in an order in which it can be written as the rows come; a row a line. */
export const json: Reporter = {
  async *report(run) {
    yield* object(run);
    yield '\n';
  },

  async *compare(runs) {
    // The speed-up comes first, so the runs wait for it.
    const ended: ReportedRun[] = [];
    const parts: string[] = [];
    for (const run of runs) {
      if (ended.length > 0) parts.push(',\n');
      for await (const part of object(run)) parts.push(part);
      ended.push(run);
    }
    yield `{"speedup":${speedup(ended)},"runs":[`;
    yield* parts;
    yield ']}\n';
  },
};

async function* object(run: ReportedRun): AsyncGenerator<string> {
  const { mode, concurrency, startedDateTime } = run;
  // The opening of an object whose last key is still open.
  yield `${JSON.stringify({ mode, concurrency, startedDateTime }).slice(0, -1)},"results":[`;
  let separator = '\n';
  for await (const rows of run.rows()) {
    let text = '';
    for (const row of rows) {
      text += separator + JSON.stringify(row);
      separator = ',\n';
    }
    yield text;
  }
  const { duration, totals } = run;
  yield `\n],${JSON.stringify({ duration, totals }).slice(1)}`;
}
