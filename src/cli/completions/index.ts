import type { Command } from 'commander';
import type { Shell } from '../command.js';
import { bash } from './bash.js';
import { fish } from './fish.js';
import { zsh } from './zsh.js';

/** An option as a shell has to know it. */
export interface CompletedOption {
  /** With its dashes, as is `long`. */
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** What kind of value it takes, `null` for none. */
  readonly value: string | null;
  readonly takesFile: boolean;
  /** All values that it can have, where they are few. */
  readonly choices: readonly string[];
}

const SCRIPTS: Readonly<Record<Shell, (options: readonly CompletedOption[]) => string>> = { bash, zsh, fish };

/** A script that makes a shell complete the command line, its options being those of `--help`. */
export function completionScript(shell: Shell, command: Command): string {
  const options = command.createHelp().visibleOptions(command);
  return SCRIPTS[shell](
    options.map(({ flags, short, long, description, argChoices }) => ({
      short,
      long: long ?? flags,
      description,
      value: /<(.*)>/.exec(flags)?.[1] ?? null,
      takesFile: flags.endsWith('<file>'),
      choices: argChoices ?? [],
    })),
  );
}
