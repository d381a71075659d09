import type { CompletedOption } from './index.js';

/** Sources are files, which fish completes where nothing else is said. */
export function fish(options: readonly CompletedOption[]): string {
  return [
    '# fetch-lengths --completions fish >~/.config/fish/completions/fetch-lengths.fish',
    ...options.map((option) => ['complete -c fetch-lengths', ...words(option)].join(' ')),
    '',
  ].join('\n');
}

function words(option: CompletedOption): string[] {
  const { short, long, description, value, choices } = option;
  const words = [`-l ${long.slice(2)}`];
  if (short !== undefined) words.unshift(`-s ${short.slice(1)}`);
  // A value is required, as a file or else as no file.
  if (value !== null) words.push(option.takesFile ? '-r' : '-x');
  if (choices.length > 0) words.push(`-a ${quote(choices.join(' '))}`);
  return [...words, `-d ${quote(description)}`];
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
