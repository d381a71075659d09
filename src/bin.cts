#!/usr/bin/env node
// CommonJS, because the size of the thread pool must be set before anything that uses it loads. Look-ups may take half
// of it: with Node's four threads a dead name server holds up every other name.
process.env['UV_THREADPOOL_SIZE'] ??= '64';
(process.getBuiltinModule?.('node:module') as { enableCompileCache?: () => void } | undefined)?.enableCompileCache?.();

function fail(error: unknown): never {
  if ((error as { code?: unknown }).code === 'EMFILE') {
    process.stderr.write('fetch-lengths: too few files may be open (ulimit -n)\n');
    process.exit(2);
  }
  process.stderr.write(`fetch-lengths: a bug: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(70);
}

process.on('uncaughtException', fail);
void import('./cli/main.js').then(({ main }) => main(process)).then((status) => process.exit(status), fail);
