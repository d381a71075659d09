import { describe, expect, test } from 'vitest';
import { run } from '../helpers/cli.js';

/** The names of all options in the help, of short ones too. */
const namesIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}(?:(-\w), )?(--[a-z-]+)/gm)]
    .flatMap(([, short, long]) => [short, long])
    .filter((name) => name !== undefined);

describe('--completions', () => {
  test.each(['bash', 'zsh', 'fish'])(
    'prints a script for %s that knows every option of --help, and fetches nothing',
    async (shell) => {
      const names = namesIn((await run(['--help'])).stdout);
      expect(names.length).toBeGreaterThan(30);
      const { status, stdout, stderr } = await run(['--completions', shell]);
      expect([status, stderr]).toEqual([0, '']);
      for (const name of names)
        expect(stdout).toMatch(
          shell === 'fish' ? `-${name.startsWith('--') ? 'l' : 's'} ${name.replace(/^-+/, '')} ` : name,
        );
    },
  );

  test('needs the name of a shell that it knows', async () => {
    expect(await run(['--completions', 'bsh'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        "fetch-lengths: option '--completions <shell>' argument 'bsh' is invalid. Expected bash, zsh, fish. (Did you mean bash?)\n",
    });
  });
});
