import { describe, expect, test } from 'vitest';
import { Run } from '../src/run.js';
import { openSources } from '../src/sources.js';
import { listTargets } from '../src/targets.js';
import type { FetchResult } from '../src/types.js';
import { gateServer } from './helpers/gate-server.js';
import { settings, WHOLE_LIST } from './helpers/settings.js';

const NO_STDIN = { stdin: (async function* () {})() };

/** A run over URLs as the command line names them, its rows being read. */
async function start(
  urls: readonly string[],
  concurrency: number,
): Promise<{ run: Run; rows: Promise<FetchResult[]> }> {
  const sources = await openSources(urls, NO_STDIN, false);
  const run = new Run(listTargets(sources.read(), WHOLE_LIST), settings({ concurrency }));
  const rows = (async () => {
    const all: FetchResult[] = [];
    for await (const batch of run.rows()) all.push(...batch);
    return all;
  })();
  return { run, rows };
}

describe('a run', () => {
  test('knows what is in flight, what is done and what there is to do', async () => {
    const gate = await gateServer();
    const { run, rows } = await start(
      ['/0', '/1', '/2', '/3', '/4'].map((path) => gate.origin + path),
      2,
    );
    await gate.arrived(2);
    expect([run.inFlight, run.totals.urls, run.expected]).toEqual([2, 0, 5]);
    // The first one's row is still to come: that of the second waits for it, and is done.
    gate.release('/1');
    while (!gate.paths.includes('/2')) await gate.arrived(2);
    expect([run.inFlight, run.totals.urls, run.totals.ok]).toEqual([2, 1, 1]);
    gate.open();
    expect((await rows).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect([run.inFlight, run.totals.urls, run.expected]).toEqual([0, 5, 5]);
  });

  test('knows no end of a list that has not been read to its end', async () => {
    const gate = await gateServer();
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* targets() {
      yield [0, 1].map((index) => ({ index, url: `${gate.origin}/${index}`, flaw: null }));
      await ended;
    }
    const totals = { urls: 7, ok: 7, httpErrors: 0, failed: 0, length: 0, encodedBodySize: 0 };
    const run = new Run(targets(), settings(), { totals });
    const rows = (async () => {
      for await (const _ of run.rows());
    })();
    await gate.arrived(2);
    expect(run.expected).toBeNull();
    end();
    gate.open();
    await rows;
    // With what was kept of an earlier run.
    expect(run.expected).toBe(9);
  });
});
