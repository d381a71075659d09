import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../src/defaults.js';
import * as library from '../src/index.js';
import { ERROR_CODES, type OptionError } from '../src/index.js';
import { resolveOptions } from '../src/options.js';
import type { Options } from '../src/types.js';
import { type Declared, listedAt, propertiesOf, source, valuesOf } from './helpers/declarations.js';
import { answered, failed } from './helpers/rows.js';

const PAGE = fileURLToPath(new URL('../docs/api.md', import.meta.url));
const page = readFileSync(PAGE, 'utf8');
const types = source('types.ts');

const options = propertiesOf(types, 'Options');
const common = propertiesOf(types, 'Row');
const ofAnswered = [...common, ...propertiesOf(types, 'AnsweredResult')];
const ofFailed = [...common, ...propertiesOf(types, 'FailedResult')];
const names = (properties: readonly Declared[]): string[] => properties.map(({ name }) => name);

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function propertyTable(properties: readonly Declared[]): string {
  return table(
    ['name', 'type', ''],
    properties.map(({ name, type, comment }) => [code(name), code(type), comment]),
  );
}

/** A row's keys, in the order that they come in, with the type that each has in either kind of row. */
function rowTable(): string {
  const rows = Object.keys(answered()).map((key) => {
    const [one, other] = [ofAnswered, ofFailed].map((kind) => kind.find(({ name }) => name === key));
    return [code(key), code(one?.type ?? ''), code(other?.type ?? ''), (one?.comment || other?.comment) ?? ''];
  });
  return table(['key', '`AnsweredResult`', '`FailedResult`', ''], rows);
}

const TABLES: Readonly<Record<string, string>> = {
  Options: propertyTable(options),
  OptionError: propertyTable(propertiesOf(source('option-error.ts'), 'OptionError')),
  FetchResult: rowTable(),
  FetchError: propertyTable(propertiesOf(types, 'FetchError')),
  ErrorCode: table(
    ['code', ''],
    listedAt(types, 'ErrorCode').map(([name, meaning]) => [code(name), meaning]),
  ),
  Report: propertyTable(propertiesOf(types, 'Report')),
  Totals: propertyTable(propertiesOf(types, 'Totals')),
  values: table(
    ['type', 'values'],
    ['ModeName', 'Order', 'ShardBy', 'LengthFrom'].map((name) => [
      code(name),
      valuesOf(types, name).map(code).join(', '),
    ]),
  ),
};

describe('the reference of the library', () => {
  test('has the tables that the sources make', async () => {
    const made = page.replaceAll(
      /(<!-- (?!end )(\w+) -->\n).*?(?=<!-- end -->)/gs,
      (_, mark, name) => `${mark}\n${TABLES[name]}\n`,
    );
    await expect(made).toMatchFileSnapshot(PAGE);
    const filled = Array.from(page.matchAll(/^<!-- (\w+) -->\n\n\| /gm), ([, name]) => name);
    expect(filled).toEqual(Object.keys(TABLES));
  });

  test('names everything that is exported', () => {
    const index = source('index.ts');
    const lists = Array.from(index.matchAll(/^export \{(.*?)\}/gms), ([, list = '']) => list).join();
    const exported = [...lists.matchAll(/\b(?!type\b)\w+/g), ...index.matchAll(/^export async function\*? (\w+)/gm)];
    const found = exported.map((match) => match[1] ?? match[0]);
    expect(found).toEqual(expect.arrayContaining([...Object.keys(library), 'Options', 'FetchResult']));
    expect(found.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });

  test('has every option, with its default and its unit', () => {
    const known = (() => {
      try {
        return resolveOptions({ nonsense: true } as Options);
      } catch (error) {
        return (error as OptionError).expected;
      }
    })();
    expect(`one of ${names(options).join(', ')}`).toBe(known);
    for (const { name, comment } of options)
      expect([name, comment]).toEqual([name, expect.stringMatching(/ Default: .*\.$/)]);
    for (const [name, value] of Object.entries(DEFAULTS)) {
      const told = typeof value === 'number' ? value.toLocaleString('en-US') : `\`${value}\``;
      expect(options.find((option) => option.name === name)?.comment).toContain(` Default: ${told}`);
    }
    for (const name of ['timeout', 'connectTimeout']) {
      expect(options.find((option) => option.name === name)?.comment).toContain(' in milliseconds');
    }
    expect(options.find(({ name }) => name === 'maxBytes')?.comment).toContain(' in bytes');
  });

  test('has every key of a row and every code of an error, none without a word on it', () => {
    expect(names(ofAnswered).toSorted()).toEqual(Object.keys(answered()).toSorted());
    expect(names(ofFailed).toSorted()).toEqual(Object.keys(failed()).toSorted());
    expect(listedAt(types, 'ErrorCode').map(([name]) => name)).toEqual([...ERROR_CODES]);
    expect(page).not.toMatch(/^\| `.*\| +\|$/m);
  });
});
