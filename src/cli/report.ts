import type { Settings } from '../options.js';
import { reporters } from '../reporters/index.js';
import { summary } from '../reporters/summary.js';
import type { Run } from '../run.js';
import { openSources, SourceError } from '../sources.js';
import { listTargets } from '../targets.js';
import type { Target } from '../types.js';

import { type HostProcess, tell } from './host.js';
import { Interrupts } from './interrupts.js';
import type { Invocation } from './invocation.js';
import { OutputError, openOutput, ReaderGone, Writer } from './writer.js';

/** Does what the command line asks for; resolves to the exit status. */
export async function fetchAndReport(invocation: Invocation, host: HostProcess): Promise<number> {
  const closing: (() => void)[] = [];
  try {
    return await pipeline(invocation, host, (close) => closing.push(close));
  } catch (error) {
    if (error instanceof ReaderGone) return 141;
    if (!(error instanceof SourceError || error instanceof OutputError)) throw error;
    tell(host, error.message);
    return 2;
  } finally {
    for (const close of closing) close();
  }
}

/** From the sources to the writer. What it opens it gives to `atEnd` to be closed. */
async function pipeline(
  { sources: names, demo, runs, format, output, quiet, exitZero }: Invocation,
  host: HostProcess,
  atEnd: (close: () => void) => void,
): Promise<number> {
  const site = demo ? await (await import('../demo.js')).startDemoSite() : null;
  if (site !== null) atEnd(site.close);
  const sources = await openSources(site?.urls ?? (names.length === 0 ? ['-'] : names), host.stdin);
  atEnd(sources.close);
  const stream = output === undefined ? host.stdout : await openOutput(output, sources.include);
  if (output !== undefined) atEnd(() => stream.destroy());
  const targets = await replayable(listTargets(sources.lists, runs[0].unique), runs.length);
  // undici takes longer to load than all the rest: only now, when a request is due.
  const { Run } = await import('../run.js');

  const interrupts = new Interrupts(host, () => {
    if (!quiet) tell(host, 'interrupted: what is in flight may take 5 s more; interrupt again to end at once');
  });
  atEnd(() => interrupts.close());
  const started: Run[] = [];
  const start = (settings: Settings): Run => {
    const run = new Run(targets(), { ...settings, signal: interrupts.abort }, interrupts.stop);
    started.push(run);
    return run;
  };
  const startEach = function* (): Generator<Run> {
    for (const settings of runs) if (!interrupts.stop.aborted) yield start(settings);
  };

  const { report, compare } = reporters[format];
  const style = { colour: output === undefined && host.stdout.isTTY && !host.env['NO_COLOR'] };
  const texts = compare && runs.length > 1 ? compare(startEach(), style) : report(start(runs[0]), style);
  const writer = new Writer(stream, () => interrupts.giveUp());
  for await (const text of texts) await writer.write(text);
  await writer.end();

  if (format !== 'text' && !quiet) for (const run of started) tell(host, summary(run));
  for (const { listError } of started) if (listError !== null) throw listError;
  if (interrupts.status !== null) return interrupts.status;
  return exitZero || started.every(({ totals }) => totals.ok === totals.urls) ? 0 : 1;
}

/** The same targets as often as they are asked for: for a single time they are read as they are needed, for more they are kept. */
async function replayable(targets: AsyncIterable<Target>, times: number): Promise<() => AsyncIterable<Target>> {
  if (times === 1) return () => targets;
  const kept: Target[] = [];
  for await (const target of targets) kept.push(target);
  return async function* () {
    yield* kept;
  };
}
