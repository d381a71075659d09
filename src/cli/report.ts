import type { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { threadPoolSize } from '../machine.js';
import type { Settings } from '../options.js';
import { reporters } from '../reporters/index.js';
import { summary } from '../reporters/summary.js';
import type { Run } from '../run.js';
import { openSources, SourceError } from '../sources.js';
import { listTargets } from '../targets.js';
import type { FileIdentity, Target } from '../types.js';
import { type HostProcess, messageLine, tell } from './host.js';
import { Interrupted, Interrupts, interruptible } from './interrupts.js';
import type { Invocation } from './invocation.js';
import { OutputError, openOutput, standardOutput } from './output.js';
import type { Resumed } from './resume.js';
import type { StatusLine } from './status-line.js';
import { redraws, styleOf } from './terminal.js';
import { ReaderGone, Writer } from './writer.js';

/** How much V8 lets WebAssembly do before it optimises it, in bytes; its own number is 1.8 million. */
const WASM_TIERING_BUDGET = 100_000_000;

/** Does what the command line asks for; resolves to the exit status. */
export async function fetchAndReport(invocation: Invocation, host: HostProcess): Promise<number> {
  const closing: (() => void)[] = [];
  try {
    try {
      return await pipeline(invocation, host, (close) => closing.push(close));
    } finally {
      for (const close of closing) close();
    }
  } catch (error) {
    if (error instanceof ReaderGone) return 141;
    if (error instanceof Interrupted) return error.status;
    // Told apart by its name: what knows its class is loaded only where a request is due.
    const threadDied = error instanceof Error && error.name === 'ThreadDied';
    if (!(error instanceof SourceError || error instanceof OutputError || threadDied)) throw error;
    tell(host, error.message);
    return threadDied ? 70 : 2;
  }
}

/** From the sources to the writer. What it opens it gives to `atEnd` to be closed. */
async function pipeline(
  { sources: names, demo, runs, format, output, resume, quiet, progress, verbose, exitZero }: Invocation,
  host: HostProcess,
  atEnd: (close: () => void) => void,
): Promise<number> {
  // V8 would optimise undici's parser after one answer, which takes a third of the time and of the memory that one URL
  // needs; so it does after some thousand.
  setFlagsFromString(`--wasm-tiering-budget=${WASM_TIERING_BUDGET}`);
  // Before anything makes the threads.
  host.env['UV_THREADPOOL_SIZE'] ??= String(threadPoolSize(Math.max(...runs.map(({ concurrency }) => concurrency))));
  const site = demo ? await (await import('../demo.js')).startDemoSite() : null;
  if (site !== null) atEnd(site.close);
  const again = resume || runs.length > 1;
  const sources = await openSources(site?.urls ?? (names.length === 0 ? ['-'] : names), host, again);
  atEnd(sources.close);
  const { shard } = runs[0];
  /** Also those that `--unique` skips. */
  const everyTarget = (): AsyncIterable<readonly Target[]> => listTargets(sources.read(), { unique: false, shard });
  const resumed =
    resume && output !== undefined
      ? await interruptible(host, (stop) => takeUp(output, everyTarget(), shard, sources.include, stop))
      : null;
  const stream = resumed?.stream ?? (await openStream(output, host, sources.include));
  // Both runs find the list as it is now, and neither waits for whoever still writes it.
  if (runs.length > 1) for await (const _ of everyTarget());
  // undici takes longer to load than all the rest: only now, when a request is due.
  const { Run } = await import('../run.js');

  const started: Run[] = [];
  let line: StatusLine | null = null;
  const say = (text: string): void => {
    line?.clear();
    host.stderr.write(text);
  };
  const interrupts = new Interrupts(host, () => {
    if (quiet) return;
    say(messageLine('interrupted: what is in flight may take 5 s more; interrupt again to end at once'));
  });
  atEnd(() => interrupts.close());
  const labelOf = ({ mode }: Settings | Run): string | null => (runs.length > 1 ? mode : null);
  const Verbose = verbose ? (await import('./verbose.js')).Verbose : null;
  const start = (settings: Settings): Run => {
    const targets = listTargets(sources.read(), settings);
    const run = new Run(
      resumed === null ? targets : lacking(targets, resumed.has),
      { ...settings, signal: interrupts.abort },
      {
        stop: interrupts.stop,
        ...(resumed !== null && { totals: resumed.totals }),
        ...(Verbose !== null && { observer: new Verbose(labelOf(settings), say) }),
      },
    );
    const lowered = loweredIn(run, settings);
    if (lowered !== '') say(messageLine(`too few files may be open (ulimit -n): ${lowered}`));
    started.push(run);
    return run;
  };
  const startEach = function* (): Generator<Run> {
    for (const settings of runs) if (!interrupts.stop.aborted) yield start(settings);
  };

  const { report, compare } = reporters[format];
  const style = styleOf(host, output);
  const texts = compare && runs.length > 1 ? compare(startEach(), style) : report(start(runs[0]), style);
  if (progress && redraws(host.stderr, host.env)) {
    const { showProgress } = await import('./show-progress.js');
    line = showProgress(host, () => started.at(-1), labelOf, interrupts.stop);
    atEnd(() => line?.close());
  }
  const writer = new Writer(stream, () => interrupts.giveUp(), output === undefined && host.stdout.isTTY ? line : null);
  for await (const text of texts) await writer.write(text);
  line?.close();
  await writer.end();

  if (format !== 'text' && !quiet) for (const run of started) tell(host, summary(run));
  for (const { failure } of started) if (failure !== null) throw failure;
  if (interrupts.status !== null) return interrupts.status;
  return exitZero || started.every(({ totals }) => totals.ok === totals.urls) ? 0 : 1;
}

/** What a run has less of than was asked for; empty if it has all. */
function loweredIn(run: Run, { concurrency, threads }: Settings): string {
  const lowered: string[] = [];
  if (run.concurrency < concurrency) lowered.push(`${run.concurrency} at once instead of ${concurrency}`);
  if (run.threads < threads) lowered.push(`${run.threads} instead of ${threads} threads`);
  return lowered.join(', ');
}

type Include = (file: FileIdentity) => boolean;

async function takeUp(...args: Parameters<typeof import('./resume.js').resumeOutput>): Promise<Resumed> {
  const { resumeOutput } = await import('./resume.js');
  return resumeOutput(...args);
}

async function openStream(output: string | undefined, host: HostProcess, isSource: Include): Promise<Writable> {
  return output === undefined ? standardOutput(host.stdout, isSource) : openOutput(output, isSource);
}

/** The targets that have no row yet. */
async function* lacking(
  targets: AsyncIterable<readonly Target[]>,
  has: (index: number) => boolean,
): AsyncGenerator<Target[]> {
  for await (const batch of targets) yield batch.filter(({ index }) => !has(index));
}
