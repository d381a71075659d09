// @ts-check

/**
 * @typedef {import('./contest.mjs').Result} Result
 * @typedef {import('./contest.mjs').Standing} Standing
 */

/**
 * Cells of a contest; a candidate that was wrong has its fault in place of figures.
 *
 * @typedef {{ title: string, head: string[], rows: string[][], notes: string[] }} Table
 */

const NONE = '–';

/**
 * @param {Result} result
 * @param {readonly Result[]} all
 * @returns {Table}
 */
export function tableOf({ contest, standings }, all) {
  const { title, urls, bytes, reference, linearTo, notes = [] } = contest;
  const right = standings.filter(({ wrong }) => wrong === null);
  const peers = right.filter(({ peer }) => peer);
  const base = right.find(({ name }) => name === reference);
  /** @type {[string, (standing: Standing) => string][]} */
  const columns = [
    ['wall', ({ median }) => time(median.wall)],
    ['CPU', ({ median }) => time(median.cpu)],
    ['CPU per URL', ({ median }) => time(median.cpu / urls)],
    ['peak RSS', ({ median }) => `${threeDigits(median.rss / 1e6)} MB`],
    bytes === undefined
      ? ['URL/s', ({ median }) => Math.round(urls / median.wall).toString()]
      : ['MB/s', ({ median }) => Math.round(bytes / 1e6 / median.wall).toString()],
  ];
  if (peers.length > 0) columns.push(['÷ best peer', ({ median }) => ratios(median, best(peers))]);
  if (base !== undefined) columns.push([`÷ ${base.name}`, ({ median }) => ratios(median, base.median)]);

  const rows = standings.map((standing) => {
    const { name, wrong } = standing;
    if (wrong !== null) return [name, 'wrong', ...columns.slice(1).map(() => NONE)];
    return [name, ...columns.map(([, cell]) => cell(standing))];
  });
  const faults = standings.flatMap(({ name, wrong }) => (wrong === null ? [] : [`${name} is wrong: ${wrong}`]));
  const smaller = all.find((result) => result.contest.title === linearTo);
  const growth = smaller === undefined ? [] : growthOf({ contest, standings: right }, smaller);
  return { title, head: [title, ...columns.map(([name]) => name)], rows, notes: [...faults, ...growth, ...notes] };
}

/**
 * @param {Table} table
 * @returns {string}
 */
export function asText({ head, rows, notes }) {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => (row[i] ?? '').length)));
  const lines = [head, ...rows].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  return [...lines, ...notes].map((line) => `${line}\n`).join('');
}

/**
 * @param {Table} table
 * @returns {string}
 */
export function asMarkdown({ head, rows, notes }) {
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  const lines = [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`);
  return [...lines, ...notes.map((note) => `\n${note}`)].map((line) => `${line}\n`).join('');
}

/**
 * The best of each figure, which need not be the same peer's.
 *
 * @param {readonly Standing[]} standings
 */
function best(standings) {
  return {
    wall: Math.min(...standings.map(({ median }) => median.wall)),
    cpu: Math.min(...standings.map(({ median }) => median.cpu)),
  };
}

/**
 * @param {{ wall: number, cpu: number }} one
 * @param {{ wall: number, cpu: number }} other
 */
function ratios(one, other) {
  return `${(one.wall / other.wall).toFixed(2)} · ${(one.cpu / other.cpu).toFixed(2)}`;
}

/**
 * @param {Result} larger
 * @param {Result} smaller
 * @returns {string[]}
 */
function growthOf(larger, smaller) {
  return larger.standings.flatMap(({ name, median }) => {
    const before = smaller.standings.find((standing) => standing.name === name && standing.wrong === null);
    if (before === undefined) return [];
    const growth = median.cpu / larger.contest.urls / (before.median.cpu / smaller.contest.urls);
    return [`${name}: a URL takes ${growth.toFixed(2)} times the CPU that it takes in ${smaller.contest.title}`];
  });
}

/** @param {number} seconds */
function time(seconds) {
  if (seconds < 0.001) return `${threeDigits(seconds * 1e6)} µs`;
  return seconds < 1 ? `${threeDigits(seconds * 1000)} ms` : `${threeDigits(seconds)} s`;
}

/** @param {number} value */
function threeDigits(value) {
  return value >= 1000 ? Math.round(value).toString() : value.toPrecision(3);
}
