import type { Reporter } from './index.js';

/** A row a line, nothing else. */
export const ndjson: Reporter = {
  async *report(run) {
    for await (const rows of run.rows()) {
      yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    }
  },
};
