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
    const groups = Array.from(page.matchAll(/^\.SS "(.*)"$/gm), ([, title]) => `\n${title}:\n`);
    expect(groups.length).toBeGreaterThan(3);
    const help = createCommand().helpInformation();
    expect(groups.map((group) => help.indexOf(group))).toEqual(
      groups.map((group) => help.indexOf(group)).toSorted((a, b) => a - b),
    );
    expect(groups.filter((group) => !help.includes(group))).toEqual([]);
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
