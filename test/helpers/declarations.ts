import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A property of an interface or a class, as its source declares it. */
export interface Declared {
  readonly name: string;
  readonly type: string;
  /** Its comment, in one line. */
  readonly comment: string;
}

export function source(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../src/${path}`, import.meta.url)), 'utf8');
}

/** The properties of an interface or a class, in their order. */
export function propertiesOf(text: string, name: string): Declared[] {
  const [, body = ''] =
    new RegExp(`^(?:export )?(?:interface|class) ${name}\\b[^{]*\\{\\n(.*?)^\\}`, 'ms').exec(text) ?? [];
  const property = /(?:\/\*\*(.*?)\*\/\n {2})?readonly (\w+)\??: (.*?)(?: \| undefined)?;\n/gs;
  return Array.from(body.matchAll(property), ([, comment = '', name = '', type = '']) => ({
    name,
    type,
    comment: comment.replaceAll(/\s+(?:\* )?/g, ' ').trim(),
  }));
}

/** The values of a type that is a union of strings. */
export function valuesOf(text: string, name: string): string[] {
  const [, union = ''] = new RegExp(`^export type ${name} = (.*?);`, 'ms').exec(text) ?? [];
  return Array.from(union.matchAll(/'([\w-]+)'/g), ([, value = '']) => value);
}

/** What the comment of a type lists: `name`: meaning. */
export function listedAt(text: string, name: string): [string, string][] {
  const before = text.slice(0, text.indexOf(`export type ${name} `));
  const comment = before.slice(before.lastIndexOf('/**'));
  return Array.from(comment.matchAll(/^ \* - `([\w-]+)`: (.*)$/gm), ([, item = '', meaning = '']) => [item, meaning]);
}
