// Builds dist/page.js, which the html reporter imports: the page with its script and style in it, and a policy that
// lets nothing but these two run, by their hashes.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const bundle = await rolldown({ input: fileURLToPath(new URL('main.ts', import.meta.url)), platform: 'browser' });
const { output } = await bundle.generate({ format: 'iife', minify: true });
const script = output[0].code.trim();
if (/<\/script|<!--/i.test(script)) throw new Error('the script of the page would end, or hide, itself');
const style = read('page.css')
  .replace(/\/\*.*?\*\//gs, '')
  .replace(/\s+/g, ' ')
  .trim();

const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
const page = read('page.html')
  .replace('content=""', () => `content="${policy}"`)
  .replace('<style>', () => `<style>${style}`)
  .replace('<script>', () => `<script>${script}`);
const [head, tail] = page.split(/ *<!-- data -->\n */);

const dist = new URL('../../../dist/', import.meta.url);
mkdirSync(dist, { recursive: true });
writeFileSync(
  new URL('page.js', dist),
  `export const head = ${JSON.stringify(head)};\nexport const tail = ${JSON.stringify(tail)};\n`,
);
