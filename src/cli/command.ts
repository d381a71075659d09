import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULTS, MODES, ORDERS, SHARD_BYS } from '../defaults.js';
import { FORMATS, type Format } from '../reporters/formats.js';
import type { Options } from '../types.js';
import { version } from '../version.js';
import { messageLine } from './host.js';
import { didYouMean } from './suggestion.js';
import { parseCount, parseSize, parseTime } from './values.js';

/** The shells that `--completions` knows. */
const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What commander collects: each option under its long name. */
export interface Values extends Omit<Options, 'signal'> {
  readonly compare?: true;
  readonly demo?: true;
  readonly format?: Format;
  readonly json?: true;
  readonly output?: string;
  readonly resume?: true;
  readonly from?: readonly string[];
  readonly exitZero?: true;
  readonly quiet?: true;
  readonly completions?: Shell;
  /** False with `--no-progress`. */
  readonly progress: boolean;
  readonly verbose?: true;
}

const COUNT = 'a whole number';
const TIME = 'a time like 30, 30s, 500ms or 2m';
const SIZE = 'a size like 1000, 10kB, 10MB or 1GiB';

export const EXAMPLES: readonly string[] = [
  'fetch-lengths --demo --compare',
  'fetch-lengths --mode sequential urls.txt',
  'fetch-lengths --mode concurrent -c 64 urls.txt',
  "fetch-lengths --json urls.txt | jq '.results[] | [.length, .url]'",
  'sort -u urls.txt | fetch-lengths -f csv -o lengths.csv',
];

/** What to say to someone who gave no list and types at a terminal. */
export const SHORT_HELP = `Usage: fetch-lengths [options] [source...]

No list of URLs: name a file, a URL, or "-" for standard input.
A first look without a network: fetch-lengths --demo --compare
All options: fetch-lengths --help
`;

/** Where the command line's own words go. */
export interface Messages {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** A command line that has the right form. */
export interface CommandLine {
  readonly sources: readonly string[];
  readonly values: Values;
  /** An option's text as it was typed, by its name in `Options`. */
  readonly typed: ReadonlyMap<string, string>;
  /**
   * Tells in one line what is wrong with an option.
   *
   * @throws {CommanderError}
   */
  readonly fail: (option: string, problem: string) => never;
}

/**
 * Reads the command line, or prints help or the version. What is wrong with it is told in one line.
 *
 * @param argv without the program's own two words
 * @throws {CommanderError} with `exitCode` 0 after help or version, else after a usage error
 */
export function parseCommandLine(argv: readonly string[], messages: Messages): CommandLine {
  const command = createCommand().configureOutput({
    writeOut: messages.out,
    writeErr: messages.err,
    // Commander's suggestion has a line of its own.
    outputError: (text, write) =>
      write(
        messageLine(
          text
            .trimEnd()
            .replace(/^error: /, '')
            // The value of an option that is none may be anybody's secret.
            .replace(/^(unknown option '[^=]*)=.*'/s, "$1'")
            .replace(/\n(?=\(Did you mean [^\n]*\)$)/, ' '),
        ),
      ),
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  });
  const typed = new Map<string, string>();
  for (const option of command.options) {
    command.on(`option:${option.name()}`, (text: string) => typed.set(option.attributeName(), text));
  }
  command.parse(argv, { from: 'user' });
  return {
    sources: command.args,
    values: command.opts<Values>(),
    typed,
    fail: (option, problem) => command.error(`error: option '${flagsOf(command, option)}': ${problem}`),
  };
}

/** All that the command line can say: the one source of its help, its man page and its completions. */
export function createCommand(): Command {
  return new Command('fetch-lengths')
    .description('Fetches a list of URLs, one by one or many at once, and tells the length of each.')
    .argument('[source...]', 'a file that lists URLs, "-" for standard input, or a URL')
    .exitOverride()
    .configureHelp({ optionDescription: ({ description }) => description })
    .addHelpText('after', ['\nExamples:', ...EXAMPLES].join('\n  '))

    .optionsGroup('How to run:')
    .addOption(choice('-m, --mode <mode>', `${MODES.join(' or ')} (default: ${DEFAULTS.mode})`, MODES))
    .option(
      '-c, --concurrency <n>',
      `most URLs in flight (default: ${DEFAULTS.concurrency})`,
      numberFrom(parseCount, COUNT),
    )
    .option('--per-host <n>', 'most in flight to one host (default: no cap)', numberFrom(parseCount, COUNT))
    .option('--rate <n/s>', 'most requests started: 5/s, 90/m, 1000/h (default: no cap)')
    .option('--per-host-rate <n/s>', 'the same, to one host (default: no cap)')
    .addOption(
      choice('--order <order>', `rows in the order of ${ORDERS.join(' or ')} (default: ${DEFAULTS.order})`, ORDERS),
    )
    .option('--unique', 'skip a URL that the list already had')
    .option('--shard <i/n|auto>', 'only the i-th of n parts of the list (default: whole)')
    .addOption(
      choice('--shard-by <key>', `parts by ${SHARD_BYS.join(' or ')} (default: ${DEFAULTS.shardBy})`, SHARD_BYS),
    )
    .option('--threads <n>', 'worker threads, hosts shared out (default: 1)', numberFrom(parseCount, COUNT))
    .option('--compare', 'run sequentially, then concurrently; tell the speed-up')
    .option('--demo', 'fetch the built-in demo site')

    .optionsGroup('Limits:')
    .option('-t, --timeout <time>', 'for one URL in all (default: 30s)', numberFrom(parseTime, TIME))
    .option('--connect-timeout <time>', 'for look-up, TCP and TLS (default: 10s)', numberFrom(parseTime, TIME))
    .option(
      '--retry <n>',
      `further attempts after a transient failure (default: ${DEFAULTS.retry})`,
      numberFrom(parseCount, COUNT),
    )
    .option(
      '--max-redirects <n>',
      `redirects followed (default: ${DEFAULTS.maxRedirects})`,
      numberFrom(parseCount, COUNT),
    )
    .option('--max-bytes <size>', 'cut off a longer body (default: no cap)', numberFrom(parseSize, SIZE))

    .optionsGroup('Requests:')
    .option('-H, --header <name: value>', 'send this with every request; may be repeated', repeated)
    .option('-A, --user-agent <text>', 'send this User-Agent')
    .option('--compressed', 'ask for compressed bodies')
    .option('--head', 'sizes without bodies: HEAD, else a range, else GET')
    .option('-k, --insecure', 'check no certificate')
    .option('--cacert <file>', 'trust these roots too')
    .option('--proxy <url>', "an HTTP proxy, in place of the environment's")
    .option('--resolve <host:port:addr>', 'an address in place of a look-up; may be repeated', repeated)
    .option('--public-only', 'refuse every address that is not public')

    .optionsGroup('Output:')
    .addOption(choice('-f, --format <format>', `${FORMATS.join(', ')} (default: text)`, FORMATS))
    .option('--json', 'short for --format json')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--resume', 'keep what the ndjson file has, fetch what it lacks')
    .option('--from <file>', 'render recorded ndjson rows, fetch nothing', repeated)
    .option('--exit-zero', 'a URL that fails does not change the exit status')
    .option('-q, --quiet', 'no summary and no progress on standard error')
    .option('--no-progress', 'no progress on standard error')
    .option('-v, --verbose', 'a line per request, redirect and retry there')

    .optionsGroup('Help:')
    .addOption(choice('--completions <shell>', 'print a completion script for bash, zsh or fish', SHELLS))
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help');
}

/** An option's parser: NaN is no value. */
function numberFrom(parse: (text: string) => number, expected: string): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (Number.isNaN(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };
}

/** An option with a fixed set of values; its description names them, so that help need not add them. */
function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values).argParser((value) => {
    if (values.includes(value)) return value;
    throw new InvalidArgumentError(`Expected ${values.join(', ')}.${didYouMean(value, values)}`);
  });
}

function repeated(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

function flagsOf(command: Command, option: string): string {
  return command.options.find((candidate) => candidate.attributeName() === option)?.flags ?? option;
}
