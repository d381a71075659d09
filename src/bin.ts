#!/usr/bin/env node
// Built as CommonJS, as is all that it loads: to load modules the other way takes more time, and makes the pool's threads
// before their number is set.
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
