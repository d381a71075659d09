// @ts-check
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';

/**
 * How many rows there are, how many of them have no length, and the sum of the others.
 *
 * @typedef {{ rows: number, failed: number, length: number }} Count
 */

/** Rows as candidates write them; the group is the length. */
export const ROW = {
  ours: /^\{"index":.*?"length":(\d+|null),/,
  peers: /^(\d+) /,
  // ID, parent, URL, status, link, method, size; what follows is the decoded size, but of large bodies only a part.
  wget2: /^\d+,\d+,[^,]*,200,\d+,\d+,(\d+),/,
};

/**
 * @param {string} file
 * @param {RegExp} row
 * @returns {Promise<Count>}
 */
export async function countRows(file, row) {
  const count = { rows: 0, failed: 0, length: 0 };
  for await (const line of createInterface({ input: createReadStream(file, { highWaterMark: 1_000_000 }) })) {
    const [, length] = row.exec(line) ?? [];
    if (length === undefined) continue;
    count.rows++;
    if (length === 'null') count.failed++;
    else count.length += Number(length);
  }
  return count;
}
