import type { Environment } from '../fetch/proxies.js';
import { OptionError, quote } from '../option-error.js';
import { resolveOptions, type Settings } from '../options.js';
import { COMPARING, type Format } from '../reporters/formats.js';
import type { CommandLine } from './command.js';

/** What the command line asks for, checked. */
export interface Invocation {
  readonly sources: readonly string[];
  readonly demo: boolean;
  /** One run, or with `--compare` the sequential and the concurrent one. */
  readonly runs: readonly [Settings, ...Settings[]];
  readonly format: Format;
  /** A file instead of standard output. */
  readonly output: string | undefined;
  /** Keep what the output has. */
  readonly resume: boolean;
  readonly exitZero: boolean;
  readonly quiet: boolean;
}

/**
 * Checks what the command line asks for. What is wrong with it is told in one line.
 *
 * @throws {CommanderError}
 */
export function resolveInvocation({ sources, values, typed, fail }: CommandLine, environment: Environment): Invocation {
  const { compare, demo, format, json, output, resume, exitZero, quiet, ...options } = values;
  const chosen = format ?? (json ? 'json' : 'text');
  if (json && chosen !== 'json') fail('json', `contradicts --format ${chosen}`);
  if (demo && sources.length > 0) fail('demo', `contradicts the source ${quote(sources[0])}`);
  if (compare && !COMPARING.includes(chosen)) fail('compare', `has no room in the format ${chosen}`);
  if (compare && options.mode !== undefined) {
    fail('compare', `runs both modes, which contradicts --mode ${options.mode}`);
  }
  if (resume && (output === undefined || output === '-' || chosen !== 'ndjson')) {
    fail('resume', 'needs a file that has rows: --format ndjson --output <file>');
  }
  try {
    return {
      sources,
      demo: demo ?? false,
      runs: compare
        ? [
            resolveOptions({ ...options, mode: 'sequential', concurrency: undefined }, environment),
            resolveOptions({ ...options, mode: 'concurrent' }, environment),
          ]
        : [resolveOptions(options, environment)],
      format: chosen,
      output: output === '-' ? undefined : output,
      resume: resume ?? false,
      exitZero: exitZero ?? false,
      quiet: quiet ?? false,
    };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const { option, expected, value } = error;
    // As it was typed, not as the number that it became.
    const given = typeof value === 'number' ? typed.get(option) : value;
    return fail(option, `expected ${expected}, got ${quote(given)}`);
  }
}
