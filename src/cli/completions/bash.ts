import type { CompletedOption } from './index.js';

/**
 * For bash 3.2, which is macOS's, and later. Where the function gives no reply, readline completes names of files, as
 * `complete -o default` asks for, and knows how to quote them.
 */
export function bash(options: readonly CompletedOption[]): string {
  const files = options.filter(({ takesFile }) => takesFile);
  const choosing = options.filter(({ choices }) => choices.length > 0);
  const others = options.filter(
    (option) => option.value !== null && !files.includes(option) && !choosing.includes(option),
  );
  return `# source <(fetch-lengths --completions bash)
_fetch_lengths() {
  local word="\${COMP_WORDS[COMP_CWORD]}" option="\${COMP_WORDS[COMP_CWORD - 1]}" words='' IFS=$' \\t\\n'
  # "--name=value" comes as three words.
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $option == '=' ]]; then
    option="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  COMPREPLY=()
  case "$option" in
${choosing.map((option) => `    ${pattern([option])}) words='${option.choices.join(' ')}' ;;\n`).join('')}\
    ${pattern(files)}) return ;;
    ${pattern(others)})
      # Nothing to offer, no file either; bash 3.2 cannot say so.
      compopt +o default 2>/dev/null
      return
      ;;
    *)
      [[ $word == -* ]] || return
      words='${options.map(names).join(' ')}'
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _fetch_lengths fetch-lengths
`;
}

function names({ short, long }: CompletedOption): string {
  return short === undefined ? long : `${short} ${long}`;
}

function pattern(options: readonly CompletedOption[]): string {
  return options.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long])).join(' | ');
}
