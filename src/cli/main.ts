import { CommanderError } from 'commander';
import { createCommand, parseCommandLine, SHORT_HELP } from './command.js';
import type { HostProcess } from './host.js';

/** Runs the command; resolves to its exit status once all is written. */
export async function main(host: HostProcess): Promise<number> {
  const streams = [host.stdout, host.stderr];
  // Whoever reads may go away; where that matters, the writer notices.
  for (const stream of streams) stream.on('error', () => {});
  const status = await run(host);
  for (const stream of streams) await new Promise((resolve) => stream.write('', resolve));
  return status;
}

async function run(host: HostProcess): Promise<number> {
  try {
    const line = parseCommandLine(host.argv.slice(2), {
      out: (text) => host.stdout.write(text),
      err: (text) => host.stderr.write(text),
    });
    if (line.values.completions !== undefined) {
      const { completionScript } = await import('./completions/index.js');
      host.stdout.write(completionScript(line.values.completions, createCommand()));
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
