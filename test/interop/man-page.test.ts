import { expect, test } from 'vitest';
import { createCommand, EXAMPLES } from '../../src/cli/command.js';
import { describeWith, run } from '../helpers/programs.js';

const PAGE = 'dist/fetch-lengths.1';

describeWith(['groff', 'man'], 'the man page', () => {
  test('is set by groff without a warning', async () => {
    // Its warnings are on standard error.
    expect(await run('sh', ['-c', `exec groff -ww -man -Tutf8 -z ${PAGE} 2>&1`])).toBe('');
  });

  test('shows every option and example as it is to be typed', async () => {
    const shown = await run('man', [`./${PAGE}`], {
      env: { MANWIDTH: '200', MAN_KEEP_FORMATTING: '', LC_ALL: 'C.UTF-8' },
    });
    const command = createCommand();
    for (const { flags, description } of command.createHelp().visibleOptions(command)) {
      expect(shown).toMatch(new RegExp(`^ +${literal(flags.replace(/[<>]/g, ''))}\\s+${literal(description)}$`, 'm'));
    }
    for (const example of EXAMPLES) expect(shown).toContain(` ${example}\n`);
  });

  test('names itself to whatis', async () => {
    const named = await run('lexgrog', [PAGE]);
    expect(named).toMatch(/: "fetch-lengths - fetches a list of URLs, .*"\n$/);
  });
});

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
