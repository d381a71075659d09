import type { Command, Option } from 'commander';
import { version } from '../version.js';
import { createCommand, EXAMPLES } from './command.js';

const DESCRIPTION = [
  'A list is UTF-8 text with a URL a line. Blank lines and lines that begin with "#" are skipped; a line that is no ' +
    'absolute http(s) URL is a row like any other, with the error "bad-url". With no source, the list is standard input.',
  'Every URL of the list gives one row, whatever the network does: the length is that of the whole body, counted as it ' +
    'comes, content codings undone, or else there is a reason why it is not known.',
  'A time is 30, 30s, 500ms or 2m; a bare number is seconds. A size is bytes, 10kB, 10MB, 1GB (decimal) or KiB, MiB, GiB.',
];

const EXIT_STATUS: readonly Entry[] = [
  ['0', 'Every URL was answered with a status under 400.'],
  ['1', 'The run is complete, and at least one URL was not (--exit-zero makes it 0).'],
  ['2', 'Wrong options, a source that cannot be read, an output that cannot be written.'],
  ['70', 'A bug.'],
  [
    '130, 143',
    'Interrupted: nothing new starts, what is in flight has 5 seconds, the rows are written. Once more ends at once.',
  ],
  ['141', 'The reader of standard output went away.'],
];

const ENVIRONMENT: readonly Entry[] = [
  ['HTTP_PROXY, HTTPS_PROXY, ALL_PROXY', 'Proxies, where --proxy names none; in upper or lower case.'],
  ['NO_PROXY', 'What goes through none of these: domains, addresses, networks, or "*".'],
  ['NO_COLOR', 'If it is set to anything, a terminal gets no colour.'],
];

const FILES: readonly Entry[] = [
  ['fetch-lengths/README.md', 'All that this page has no room for: the keys of a row, the codes of errors, recipes.'],
  ['fetch-lengths/src/schema.json', 'A JSON Schema of the json report. Both are where npm installed the package.'],
];

/** A term, and what there is to say of it. */
type Entry = readonly [term: string, text: string];

/** The manual page, in the language of man(7), from the options that `--help` has. */
export function manPage(): string {
  const command = createCommand();
  const name = command.name();
  const usage = command
    .createHelp()
    .commandUsage(command)
    .slice(name.length + 1);
  return [
    `.TH ${argument(name.toUpperCase())} 1 "" ${argument(`${name} ${version}`)} "User Commands"`,
    ...section('NAME', [text(`${name} - ${sentenceToPhrase(command.description())}`)]),
    ...section('SYNOPSIS', [`${bold(name)} ${text(usage)}`]),
    ...section('DESCRIPTION', [text(command.description()), ...DESCRIPTION.flatMap((part) => ['.PP', text(part)])]),
    ...section('OPTIONS', options(command)),
    ...section('EXIT STATUS', EXIT_STATUS.flatMap(entry)),
    ...section('ENVIRONMENT', ENVIRONMENT.flatMap(entry)),
    ...section('FILES', FILES.flatMap(entry)),
    ...section('EXAMPLES', ['.nf', ...EXAMPLES.map(text), '.fi']),
    ...section('SEE ALSO', [`${bold('curl')}(1), ${bold('wget')}(1), ${bold('jq')}(1)`]),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${argument(title)}`, ...lines];
}

function entry([term, explained]: Entry): string[] {
  return ['.TP', bold(term), text(explained)];
}

function options(command: Command): string[] {
  const help = command.createHelp();
  const groups = help.groupItems(
    [...command.options],
    help.visibleOptions(command),
    (option) => option.helpGroupHeading ?? '',
  );
  return [...groups].flatMap(([heading, members]) => [
    `.SS ${argument(heading.replace(/:$/, ''))}`,
    ...members.flatMap((option) => ['.TP', flags(option), text(option.description)]),
  ]);
}

/** `-m, --mode <mode>`: what is typed as it is, and in italics what stands for a value. */
function flags({ flags }: Option): string {
  const [, names = flags, value] = /^(.*) <(.*)>$/.exec(flags) ?? [];
  const typed = names.split(', ').map(bold).join(', ');
  return value === undefined ? typed : `${typed} \\fI${literal(value)}\\fR`;
}

function sentenceToPhrase(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}

function bold(words: string): string {
  return `\\fB${literal(words)}\\fR`;
}

/** A line of text: one that begins with a dot or an apostrophe would be a request. */
function text(line: string): string {
  return literal(line).replace(/^\./, '\\&.');
}

/** An argument of a macro. */
function argument(words: string): string {
  return `"${literal(words).replaceAll('"', '\\(dq')}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Characters as they are to be copied from the page, where roff would set others. */
function literal(words: string): string {
  return words.replace(/[\\\-'`^~]/g, (character) => ESCAPES[character] ?? character);
}
