import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createCommand } from '../../src/cli/command.js';
import { manPage } from '../../src/cli/man-page.js';
import { version } from '../../src/version.js';

const page = manPage();

describe('the man page', () => {
  test('is what the build wrote', () => {
    expect(readFileSync(new URL('../../dist/fetch-lengths.1', import.meta.url), 'utf8')).toBe(page);
    expect(page).toContain(`"fetch\\-lengths ${version}"`);
  });

  test('has its sections in the order of man-pages(7)', () => {
    expect(Array.from(page.matchAll(/^\.SH "(.*)"$/gm), ([, title]) => title)).toEqual([
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'EXIT STATUS',
      'ENVIRONMENT',
      'FILES',
      'EXAMPLES',
      'SEE ALSO',
    ]);
  });

  test('has every option, in the groups of --help', () => {
    // Without what roff needs, a group's title or an option with its value to each line.
    const section = page.slice(page.indexOf('.SH "OPTIONS"'), page.indexOf('.SH "EXIT STATUS"'));
    const plain = section.replaceAll(/\\f[BIR]/g, '').replaceAll('\\-', '-');
    const told = Array.from(plain.matchAll(/^(?:\.SS "(.*)"|(-.*))$/gm), ([, group, flags]) => group ?? flags);
    const help = createCommand()
      .configureOutput({ getOutHelpWidth: () => 80 })
      .helpInformation();
    const listed = help.slice(help.indexOf('\nHow to run:\n')).matchAll(/^(?:(\w.*):| {2}(-.*?)(?: {2,}.*)?)$/gm);
    expect(told.length).toBeGreaterThan(30);
    expect(told).toEqual(Array.from(listed, ([, group, flags]) => group ?? flags?.replaceAll(/[<>]/g, '')));
  });

  test('names the exit statuses of the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const table = readme.slice(readme.indexOf('| exit status |'));
    const told = Array.from(table.matchAll(/^\| (\d[\d, ]*?) +\|/gm), ([, status]) => status);
    expect(told).toContain('130, 143');
    const section = page.slice(page.indexOf('.SH "EXIT STATUS"'), page.indexOf('.SH "ENVIRONMENT"'));
    expect(Array.from(section.matchAll(/^\\fB(.*)\\fR$/gm), ([, status]) => status)).toEqual(told);
  });

  test('leaves nothing for roff to take as its own', () => {
    const lines = page.split('\n');
    expect(lines.filter((line) => /^[.']/.test(line) && !/^\.(TH|SH|SS|TP|PP|nf|fi)\b/.test(line))).toEqual([]);
    expect(page.replaceAll(/\\(?:f[BIR]|-|\((?:aq|dq|ga|ha|ti|rs)|&)/g, '')).not.toMatch(/[\\'`^~-]/);
  });
});
