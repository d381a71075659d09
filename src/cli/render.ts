import { RecordedRun } from '../recorded-run.js';
import { openRecording, type Recording } from '../recording.js';
import { reporters } from '../reporters/index.js';
import { summary } from '../reporters/summary.js';
import { SourceError } from '../sources.js';
import type { FileIdentity } from '../types.js';
import { type HostProcess, tell } from './host.js';
import type { Rendering } from './invocation.js';
import { OutputError, openOutput, standardOutput } from './output.js';
import { styleOf } from './terminal.js';
import { ReaderGone, Writer } from './writer.js';

/** Gives what was recorded in another format, and fetches nothing; resolves to the exit status. */
export async function renderRecorded(rendering: Rendering, host: HostProcess): Promise<number> {
  const recordings: Recording[] = [];
  try {
    for (const name of rendering.from) recordings.push(await openRecording(name, host));
    return await pipeline(recordings, rendering, host);
  } catch (error) {
    if (error instanceof ReaderGone) return 141;
    if (!(error instanceof SourceError || error instanceof OutputError)) throw error;
    tell(host, error.message);
    return 2;
  } finally {
    for (const { close } of recordings) await close();
  }
}

/** From the recordings to the writer. */
async function pipeline(
  recordings: readonly Recording[],
  { format, output, quiet, exitZero }: Rendering,
  host: HostProcess,
): Promise<number> {
  const runs: RecordedRun[] = [];
  for (const recording of recordings) runs.push(await runOf(recording, host));
  const isRecording = (file: FileIdentity): boolean => recordings.some((recording) => recording.is(file));
  const stream =
    output === undefined
      ? standardOutput(host.stdout, isRecording, 'the recording itself')
      : await openOutput(output, isRecording, 'the recording itself');

  const { report, compare } = reporters[format];
  const style = styleOf(host, output);
  const texts = compare && runs.length > 1 ? compare(runs, style) : report(runs[0] as RecordedRun, style);
  const writer = new Writer(stream, () => {});
  for await (const text of texts) await writer.write(text);
  await writer.end();

  if (format !== 'text' && !quiet) for (const run of runs) tell(host, summary(run));
  return exitZero || runs.every(({ totals }) => totals.ok === totals.urls) ? 0 : 1;
}

/** @throws {SourceError} if it is a file of something else */
async function runOf({ title, written, read }: Recording, host: HostProcess): Promise<RecordedRun> {
  const run = await RecordedRun.of(read, written);
  const { recorded, dropped } = run;
  if (dropped > 0 && recorded === 0) throw new SourceError(`cannot render ${title}: no line of it is a row`);
  if (dropped > 0) tell(host, `dropped ${dropped} of ${recorded + dropped} lines of ${title}: no whole rows`);
  return run;
}
