import type { CompletedOption } from './index.js';

/** Works as an autoloaded `_fetch-lengths` and when it is sourced. */
export function zsh(options: readonly CompletedOption[]): string {
  return `#compdef fetch-lengths
# In a folder of $fpath: fetch-lengths --completions zsh >_fetch-lengths
# Or after compinit:     source <(fetch-lengths --completions zsh)
_fetch-lengths() {
  _arguments -s -S \\
${options.map((option) => `    ${specification(option)} \\\n`).join('')}    '*:source:_files'
}

if [[ $funcstack[1] == _fetch-lengths ]]; then
  _fetch-lengths "$@"
else
  compdef _fetch-lengths fetch-lengths
fi
`;
}

/** What `_arguments` calls an optspec, once for each name; a repeated option is no error, so it is offered again. */
function specification(option: CompletedOption): string {
  const { short, long, description, value } = option;
  const explained = `[${description.replace(/[\\[\]]/g, '\\$&')}]`;
  if (value === null) return both(short, long, explained);
  // The value in the same word: after the short name, or after the long one and "=".
  return both(short && `${short}+`, `${long}=`, `${explained}:${value.replace(/[\\:]/g, '\\$&')}:${values(option)}`);
}

function both(short: string | undefined, long: string, rest: string): string {
  return [short, long].flatMap((name) => (name === undefined ? [] : quote(`*${name}${rest}`))).join(' ');
}

function values(option: CompletedOption): string {
  if (option.takesFile) return '_files';
  return option.choices.length > 0 ? `(${option.choices.join(' ')})` : ' ';
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
