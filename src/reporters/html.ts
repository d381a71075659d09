import type { ReportedRun } from '../types.js';
import { type PageData, type PageRow, pageRow } from './html/wire.js';
import type { Reporter } from './index.js';
import { speedup } from './summary.js';

/** So many rows make an element: with one each, a browser would have as many elements as the list has lines. */
const BATCH = 256;

/** One page that needs nothing else: its head, the rows as they come, and at the end the script that shows them. */
export const html: Reporter = {
  report: (run) => page([run]),
  compare: page,
};

async function* page(runs: Iterable<ReportedRun>): AsyncGenerator<string> {
  // As large as the rest of the command, and of use here alone.
  const { head, tail } = await import('#page');
  yield head;
  const ended: ReportedRun[] = [];
  for (const run of runs) {
    const { mode, concurrency, startedDateTime } = run;
    yield element({ mode, concurrency, startedDateTime });
    let batch: PageRow[] = [];
    for await (const rows of run.rows()) {
      for (const row of rows) batch.push(pageRow(row));
      if (batch.length < BATCH) continue;
      yield element(batch);
      batch = [];
    }
    yield element(batch);
    const { duration, totals } = run;
    yield element({ duration, totals });
    ended.push(run);
  }
  if (ended.length > 1) yield element({ speedup: speedup(ended) });
  yield tail;
}

/** Data that no browser takes for anything else: nothing in it ends a script, begins a comment or ends a line. */
function element(data: PageData): string {
  const json = JSON.stringify(data).replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `<script type="application/json">${json}</script>\n`;
}
