import type { Environment } from '../fetch/proxies.js';
import { OptionError, quote } from '../option-error.js';
import { resolveGiven, resolveOptions, type Settings } from '../options.js';
import { COMPARING, type Format } from '../reporters/formats.js';
import type { CommandLine, Values } from './command.js';
import { shardOfEngine } from './engines.js';

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
  /** Wanted, wherever it can be shown. */
  readonly progress: boolean;
  readonly verbose: boolean;
}

/** The same with `--from`. */
export interface Rendering extends Pick<Invocation, 'format' | 'output' | 'exitZero' | 'quiet'> {
  /** One recording, or with `--compare` two. */
  readonly from: readonly string[];
}

/** The options that go with `--from`; all others are for what fetches. */
const OF_RENDERING: readonly string[] = [
  'from',
  'compare',
  'format',
  'json',
  'output',
  'exitZero',
  'quiet',
  'progress',
];

/**
 * Checks what the command line asks for. What is wrong with it is told in one line.
 *
 * @throws {CommanderError}
 */
export function resolveInvocation({ sources, values, typed, fail }: CommandLine, environment: Environment): Invocation {
  const { compare, demo, format, json, output, resume, exitZero, quiet, progress, verbose, ...given } = values;
  const options = { ...given, shard: chooseShard(given.shard, environment, fail) };
  const chosen = chooseFormat({ format, json, compare }, fail);
  if (demo && sources.length > 0) fail('demo', `contradicts the source ${quote(sources[0])}`);
  if (compare && options.mode !== undefined) {
    fail('compare', `runs both modes, which contradicts --mode ${options.mode}`);
  }
  if (resume && (output === undefined || output === '-' || chosen !== 'ndjson')) {
    fail('resume', 'needs a file that has rows: --format ndjson --output <file>');
  }
  if (verbose && quiet) fail('verbose', 'contradicts --quiet');
  if (options.shardBy !== undefined && options.shard === undefined) fail('shardBy', 'needs --shard');
  // No proxy of the machine's could reach the demo site, which is in this process.
  const surroundings = demo ? {} : environment;
  try {
    return {
      sources,
      demo: demo ?? false,
      runs: compare
        ? bothModes(resolveOptions({ ...options, mode: 'concurrent' }, surroundings))
        : [resolveOptions(options, surroundings)],
      format: chosen,
      output: output === '-' ? undefined : output,
      resume: resume ?? false,
      exitZero: exitZero ?? false,
      quiet: quiet ?? false,
      progress: progress && !quiet,
      verbose: verbose ?? false,
    };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const { option, expected, value } = error;
    // As it was typed, not as the number that it became.
    const given = typeof value === 'number' ? typed.get(option) : value;
    return fail(option, `expected ${expected}, got ${quote(given)}`);
  }
}

/**
 * The same with `--from`.
 *
 * @throws {CommanderError}
 */
export function resolveRendering({ sources, values, typed, fail }: CommandLine): Rendering {
  const { from = [], compare, output, exitZero, quiet } = values;
  const format = chooseFormat(values, fail);
  if (sources.length > 0) fail('from', `contradicts the source ${quote(sources[0])}`);
  for (const option of typed.keys()) {
    if (!OF_RENDERING.includes(option)) fail(option, 'is for fetching, which --from does not do');
  }
  if (compare && from.length !== 2) fail('compare', 'needs two recordings with --from, each with one of its own');
  if (!compare && from.length !== 1) fail('from', 'may be given twice with --compare, else once');
  if (compare && from.every((name) => name === '-')) fail('from', 'cannot read standard input ("-") twice');
  return {
    from,
    format,
    output: output === '-' ? undefined : output,
    exitZero: exitZero ?? false,
    quiet: quiet ?? false,
  };
}

/** `auto` is what the engine tells that runs this. */
function chooseShard(
  shard: string | undefined,
  environment: Environment,
  fail: CommandLine['fail'],
): string | undefined {
  if (shard !== 'auto') return shard;
  try {
    return shardOfEngine(environment);
  } catch (error) {
    return fail('shard', (error as Error).message);
  }
}

type FormatValues = { readonly [key in 'format' | 'json' | 'compare']?: Values[key] | undefined };

function chooseFormat({ format, json, compare }: FormatValues, fail: CommandLine['fail']): Format {
  const chosen = format ?? (json ? 'json' : 'text');
  if (json && chosen !== 'json') fail('json', `contradicts --format ${chosen}`);
  if (compare && !COMPARING.includes(chosen)) fail('compare', `has no room in the format ${chosen}`);
  return chosen;
}

/** A sequential run before the concurrent one; what `--cacert` names may be a pipe, and is not read again. */
function bothModes(concurrent: Settings): [Settings, Settings] {
  const { options, ...given } = concurrent.given;
  return [resolveGiven({ ...given, options: { ...options, mode: 'sequential', concurrency: undefined } }), concurrent];
}
