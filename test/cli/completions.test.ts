import { describe, expect, test } from 'vitest';
import { run } from '../helpers/cli.js';

/** The names of all options in the help, short ones too. */
function namesInHelp(help: string): string[] {
  const options = help.matchAll(/^ {2}(?:(-\w), )?(--[a-z-]+)/gm);
  return Array.from(options, ([, short, long]) => [short, long])
    .flat()
    .filter((name) => name !== undefined);
}

const NAMES_IN: Readonly<Record<string, (script: string) => string[]>> = {
  bash: (script) => /words='(-.*)'/.exec(script)?.[1]?.split(' ') ?? [],
  zsh: (script) => Array.from(script.matchAll(/'\*(--?[\w-]+)[+=]?\[/g), ([, name = '']) => name),
  fish: (script) =>
    Array.from(script.matchAll(/ -([sl]) (\S+)(?= )/g), ([, kind, name]) => `${kind === 's' ? '-' : '--'}${name}`),
};

describe('--completions', () => {
  test.each(Object.keys(NAMES_IN))('prints a script for %s that has the options of --help', async (shell) => {
    const names = namesInHelp((await run(['--help'])).stdout);
    expect(names.length).toBeGreaterThan(30);
    const { status, stdout, stderr } = await run(['--completions', shell]);
    expect([status, stderr]).toEqual([0, '']);
    expect(NAMES_IN[shell]?.(stdout)).toEqual(names);
  });

  test('needs the name of a shell that it knows', async () => {
    expect(await run(['--completions', 'bsh'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        "fetch-lengths: option '--completions <shell>' argument 'bsh' is invalid. Expected bash, zsh, fish. (Did you mean bash?)\n",
    });
  });

  test('fetches nothing, whatever else is asked for', async () => {
    const { status, stdout } = await run(['--completions', 'bash', '-o', '/nowhere/at/all', '/no/list']);
    expect([status, stdout]).toEqual([0, (await run(['--completions', 'bash'])).stdout]);
  });
});
