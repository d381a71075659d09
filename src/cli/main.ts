import { CommanderError } from 'commander';
import type { Settings } from '../options.js';
import { printable } from '../printable.js';
import { reporters } from '../reporters/index.js';
import { summary } from '../reporters/summary.js';
import type { Run } from '../run.js';
import { openSources, SourceError } from '../sources.js';
import { listTargets } from '../targets.js';
import type { Target } from '../types.js';
import { type Invocation, parseCommandLine, SHORT_HELP } from './command.js';
import { Interrupts } from './interrupts.js';
import { OutputError, openOutput, ReaderGone, Writer } from './writer.js';

/** What the command needs of the process that it runs in. */
export type HostProcess = Pick<NodeJS.Process, 'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit'>;

/** Runs the command; resolves to its exit status once all is written. */
export async function main(host: HostProcess): Promise<number> {
  // Whoever reads may go away; where that matters, the writer notices.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => {});
  const status = await run(host);
  await new Promise((resolve) => host.stderr.write('', resolve));
  return status;
}

async function run(host: HostProcess): Promise<number> {
  try {
    const invocation = parseCommandLine(host.argv.slice(2), {
      out: (text) => host.stdout.write(text),
      err: (text) => host.stderr.write(text),
    });
    if (invocation.sources.length === 0 && !invocation.demo && host.stdin.isTTY) {
      host.stderr.write(SHORT_HELP);
      return 2;
    }
    return await fetchAndReport(invocation, host);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ReaderGone) return 141;
    if (!(error instanceof SourceError || error instanceof OutputError)) throw error;
    tell(host, error.message);
    return 2;
  }
}

async function fetchAndReport(invocation: Invocation, host: HostProcess): Promise<number> {
  const { sources: names, format, output, runs, quiet, exitZero } = invocation;
  const site = invocation.demo ? await (await import('../demo.js')).startDemoSite() : null;
  const sources = await openSources(site?.urls ?? (names.length === 0 ? ['-'] : names), host.stdin);
  const stream = output === undefined ? host.stdout : await openOutput(output, sources.include);
  const style = { colour: output === undefined && host.stdout.isTTY && !host.env['NO_COLOR'] };
  // undici takes longer to load than all the rest: only now, when a request is due.
  const { Run } = await import('../run.js');

  const interrupts = new Interrupts(host);
  try {
    const targets = await replayable(listTargets(sources.lists, runs[0].unique), runs.length);
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
    const writer = new Writer(stream, () => interrupts.giveUp());
    const texts = compare && runs.length > 1 ? compare(startEach(), style) : report(start(runs[0]), style);
    for await (const text of texts) await writer.write(text);
    await writer.end();

    if (format !== 'text' && !quiet) for (const run of started) tell(host, summary(run));
    for (const { listError } of started) if (listError !== null) throw listError;
    if (interrupts.status !== null) return interrupts.status;
    return exitZero || started.every(({ totals }) => totals.ok === totals.urls) ? 0 : 1;
  } finally {
    interrupts.close();
    site?.close();
  }
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

function tell(host: HostProcess, message: string): void {
  host.stderr.write(`fetch-lengths: ${printable(message)}\n`);
}
