import type { Writable } from 'node:stream';
import { CommanderError } from 'commander';
import { createCommand, parseCommandLine, SHORT_HELP } from './command.js';
import { type HostProcess, tell } from './host.js';
import { isReaderGone, standardOutput } from './output.js';

/** Runs the command; resolves to its exit status once all is written. */
export async function main(host: HostProcess): Promise<number> {
  // Of help and scripts. Rows have a stream of their own, and a writer that notices what fails.
  const output = standardOutput(host.stdout);
  const lost: NodeJS.ErrnoException[] = [];
  output.on('error', (error) => lost.push(error));
  // Whoever reads may go away; nothing is left to be done about that.
  host.stderr.on('error', () => {});
  const status = await run(host, output);
  await flush(output);
  const [error] = status === 0 ? lost : [];
  if (error !== undefined && !isReaderGone(error)) tell(host, `cannot write the output: ${error.message}`);
  await flush(host.stderr);
  if (error === undefined) return status;
  return isReaderGone(error) ? 141 : 2;
}

async function flush(stream: Writable): Promise<void> {
  await new Promise((resolve) => stream.write('', resolve));
}

async function run(host: HostProcess, output: Writable): Promise<number> {
  try {
    const line = parseCommandLine(host.argv.slice(2), {
      out: (text) => output.write(text),
      err: (text) => host.stderr.write(text),
    });
    if (line.values.completions !== undefined) {
      const { completionScript } = await import('./completions/index.js');
      output.write(completionScript(line.values.completions, createCommand()));
      return 0;
    }
    if (line.values.from !== undefined) {
      const [{ resolveRendering }, { renderRecorded }] = await Promise.all([
        import('./invocation.js'),
        import('./render.js'),
      ]);
      return await renderRecorded(resolveRendering(line), host);
    }
    if (line.sources.length > 0 || line.values.demo || !host.stdin.isTTY) {
      // Not loaded for help and the version, which would cost several times as much.
      const [{ resolveInvocation }, { fetchAndReport }] = await Promise.all([
        import('./invocation.js'),
        import('./report.js'),
      ]);
      return await fetchAndReport(resolveInvocation(line, host.env), host);
    }
    host.stderr.write(SHORT_HELP);
    return 2;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
