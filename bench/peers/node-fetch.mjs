// @ts-check
// Node's global fetch, and p-limit.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import pLimit from 'p-limit';
import { arguments_ } from './arguments.mjs';

const { concurrency, compressed, list } = arguments_;

const headers = { 'Accept-Encoding': compressed ? 'gzip' : 'identity' };
const limit = pLimit(concurrency);
const urls = readFileSync(list, 'latin1').trimEnd().split('\n');

/** @param {string} url */
async function fetchLength(url) {
  const { body } = await fetch(url, { headers });
  let length = 0;
  if (body !== null) for await (const chunk of body) length += chunk.length;
  return `${length} ${url}\n`;
}

const lines = await Promise.all(urls.map((url) => limit(fetchLength, url)));
process.stdout.write(lines.join(''));
