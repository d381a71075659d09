// @ts-check
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { measure } from './measure.mjs';
import { countRows } from './rows.mjs';

/**
 * One that takes part.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {boolean} peer not one of ours
 * @property {(output: string) => import('./measure.mjs').Command} command its rows go to this file
 * @property {RegExp} [row] what a row looks like; none: only the exit status counts
 * @property {import('./rows.mjs').Count} [expected]
 */

/**
 * The same task for all entries.
 *
 * @typedef {object} Contest
 * @property {string} title
 * @property {number} urls
 * @property {number} [bytes] of bodies, where megabytes per second tell more than URLs
 * @property {number} runs of each, if the command line names no number
 * @property {string} [reference] the entry to compare with, besides the best peer
 * @property {string} [linearTo] the title of a smaller one: what the CPU per URL should be
 * @property {readonly Entry[]} entries
 * @property {readonly string[]} [notes]
 */

/**
 * @typedef {{ wall: number, cpu: number, rss: number }} Figures seconds, seconds and bytes
 * @typedef {{ name: string, peer: boolean, wrong: string | null, median: Figures, runs: Figures[] }} Standing
 * @typedef {{ contest: Contest, standings: Standing[] }} Result
 */

/**
 * Lets all entries run in turn, round after round: what else the machine does meets them alike.
 *
 * @param {Contest} contest
 * @param {{ runs: number | undefined, folder: string, signal: AbortSignal }} conditions
 * @returns {Promise<Result>}
 */
export async function runContest(contest, { runs = contest.runs, folder, signal }) {
  const { title, entries } = contest;
  const output = join(folder, 'output');
  /** @type {Standing[]} */
  const standings = entries.map(({ name, peer }) => ({ name, peer, wrong: null, median: NO_FIGURES, runs: [] }));
  for (let round = 0; round < runs; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      // Each round begins with another one, so that none always follows the same.
      const i = (round + turn) % entries.length;
      const [entry, standing] = [entries[i], standings[i]];
      if (entry === undefined || standing === undefined || standing.wrong !== null) continue;
      process.stderr.write(`${title}: ${round + 1} of ${runs}: ${entry.name}\n`);
      const { wall, cpu, rss, ...end } = await measure(entry.command(output), output, signal);
      standing.runs.push({ wall, cpu, rss });
      standing.wrong = await faultOf(entry, end, output);
      await rm(output, { force: true });
    }
  }
  for (const standing of standings) standing.median = medians(standing.runs);
  return { contest, standings };
}

const NO_FIGURES = { wall: 0, cpu: 0, rss: 0 };

/**
 * What is wrong with a run: that it was quick would mean nothing.
 *
 * @param {Entry} entry
 * @param {{ status: number, complaint: string }} end
 * @param {string} output
 */
async function faultOf({ row, expected }, { status, complaint }, output) {
  if (status !== 0) return `status ${status}: ${complaint.trim().split('\n').at(-1)}`;
  if (row === undefined || expected === undefined) return null;
  const found = await countRows(output, row);
  const same = found.rows === expected.rows && found.failed === expected.failed && found.length === expected.length;
  return same ? null : `${inWords(found)} instead of ${inWords(expected)}`;
}

/** @param {import('./rows.mjs').Count} count */
function inWords({ rows, failed, length }) {
  return `${rows} rows, ${failed} failed, ${length} bytes`;
}

/** @param {readonly Figures[]} runs */
function medians(runs) {
  return {
    wall: median(runs.map(({ wall }) => wall)),
    cpu: median(runs.map(({ cpu }) => cpu)),
    rss: median(runs.map(({ rss }) => rss)),
  };
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return (low + high) / 2;
}
