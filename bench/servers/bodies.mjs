// @ts-check
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What the server with delays answers. */
export const DELAYED_BODY = 'after a while\n';

export const SMALL_LENGTH = 273;

export const TEXT_LENGTH = 100_000;

/** Of the body of a gigabyte, if nothing is scaled. */
export const BIG_LENGTH = 1_000_000_000;

const WORDS =
  'a the of and to in is that it for on with as by at from this one which be are or an not have has was were they who';

/**
 * Writes the files that nginx serves.
 *
 * @param {string} folder
 * @param {number} bigLength
 * @returns {Promise<{ gzipLength: number }>} the length of the text as it is sent
 */
export async function writeBodies(folder, bigLength) {
  await writeFile(join(folder, 'small'), 's'.repeat(SMALL_LENGTH));
  const gzip = gzipSync(text());
  await writeFile(join(folder, 'gzip'), gzip);
  await writeFile(join(folder, 'big'), '');
  // Sparse: no disk is to be waited for.
  await truncate(join(folder, 'big'), bigLength);
  return { gzipLength: gzip.length };
}

/** Text that compresses about as well as prose, and every time alike. */
function text() {
  const words = WORDS.split(' ');
  let seed = 1;
  let result = '';
  while (result.length < TEXT_LENGTH) {
    seed = (seed * 48_271) % 0x7fffffff;
    const word = words[seed % words.length];
    result += seed % 5 === 0 ? `${seed.toString(36)} ` : `${word} `;
  }
  return result.slice(0, TEXT_LENGTH);
}
