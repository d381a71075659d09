import { beforeAll, describe, expect, test } from 'vitest';
import { hostSizes } from '../../bench/workloads/skew.mjs';
import { partOf } from '../../src/shard.js';
import { CRAWL, LOPSIDED, MACHINES, PER_HOST } from './hundred-million/crawl.js';
import { hours, markdown, percent } from './hundred-million/markdown.js';
import { type Conditions, conditions, lastEnd, lengthOf } from './hundred-million/plan.js';
import {
  fullest,
  fullnessWithNames,
  nameOf,
  partsOfHosts,
  partsOfUrls,
  type Share,
  sharesOf,
  spreadOf,
  sum,
  tell,
} from './hundred-million/shares.js';

/** More parts than machines: a multiple, so that one hash for each host tells of both. */
const FINE = 20 * MACHINES;

/** URLs whose parts by `--shard-by url` are looked at one by one: 100,000,000 hashes would take minutes. */
const SAMPLE = 1_000_000;

/** Hosts with 300 URLs or more: two thirds of all URLs. Which parts they are of makes the difference between parts. */
const LARGE = 30_000;

/** Other names for the same hosts, to tell luck from rule. */
const NAMINGS = 20;

const CONCURRENCIES = [16, 64, 256, 1000];
const TIMES = [0.2, 1];
const USUAL: Conditions = conditions(64, 0.2);

let sizes: Uint32Array;
let fineParts: Uint16Array;
let shares: Share[];

beforeAll(() => {
  sizes = hostSizes(CRAWL);
  fineParts = partsOfHosts(CRAWL.hosts, FINE);
  shares = sharesOf(sizes, fineParts, MACHINES);
});

describe('the list', () => {
  test('has as many URLs and hosts as it is to have, most of them on few hosts', () => {
    expect([sizes.length, sizes[0], sum(sizes)]).toEqual([CRAWL.hosts, CRAWL.largest, CRAWL.urls]);
    const top = (part: number) => sum(sizes.subarray(0, CRAWL.hosts * part)) / CRAWL.urls;
    const alone = sizes.length - sizes.indexOf(1);
    console.log(
      markdown(
        ['hosts', 'of all URLs'],
        [
          ['the first 100', percent(top(100 / CRAWL.hosts))],
          ['a thousandth', percent(top(0.001))],
          ['a hundredth', percent(top(0.01))],
          [`${percent(alone / CRAWL.hosts)}, with one URL each`, percent(alone / CRAWL.urls)],
        ],
      ),
    );
    expect(top(0.01)).toBeGreaterThan(0.5);
    expect(alone / CRAWL.hosts).toBeGreaterThan(0.3);
  });

  test('has the parts that its hosts have when they are asked for 50', () => {
    for (let i = 0; i < CRAWL.hosts; i += 9973) {
      const target = { index: i, url: `https://${nameOf(i + 1)}/`, flaw: null };
      expect(((fineParts[i] as number) - 1) % MACHINES).toBe(partOf(target, MACHINES, 'host') - 1);
    }
  });
});

describe('balance', () => {
  test('of URLs and hosts over the machines', () => {
    const lopsided = sharesOf(hostSizes(LOPSIDED), fineParts, MACHINES);
    const fine = sharesOf(sizes, fineParts, FINE);
    const rows = [
      ['50 parts by host', 'URLs', shares.map(({ urls }) => urls)],
      ['50 parts by host', 'hosts', shares.map(({ hosts }) => hosts)],
      ['50 parts by host, one host has 1 %', 'URLs', lopsided.map(({ urls }) => urls)],
      ['1,000 parts by host', 'URLs', fine.map(({ urls }) => urls)],
      ['1,000 parts by host', 'hosts', fine.map(({ hosts }) => hosts)],
    ] as const;
    console.log(
      markdown(
        ['', '', 'least', 'mean', 'most', 'most/mean'],
        rows.map(([name, unit, values]) => {
          const { least, mean, most } = spreadOf(values);
          return [name, unit, least, mean, most, most / mean];
        }),
      ),
    );
    const [full, lopsidedFull] = [fullest(shares), fullest(lopsided)];
    console.log([full, lopsidedFull].map(tell).join('\n'));

    expect(shares.reduce((all, { urls }) => all + urls, 0)).toBe(CRAWL.urls);
    expect(shares.reduce((all, { hosts }) => all + hosts, 0)).toBe(CRAWL.hosts);
    // The parts of a list are the same for ever, and so are these.
    expect(full).toEqual({ part: 18, urls: 2_664_447, hosts: 100_830, largest: { rank: 7, urls: 96_143 } });
    const hosts = spreadOf(shares.map((share) => share.hosts));
    // 50 parts of 100,000 hosts each, give or take 313 (binomial): 3.5 times that is one list in ninety.
    expect(hosts.most - hosts.mean).toBeLessThan(3.5 * Math.sqrt(hosts.mean));
    expect(lopsidedFull.urls).toBeGreaterThan(full.urls);
  });

  test('of URLs is a matter of luck with some hundred hosts, and mostly better', () => {
    const large = sizes.subarray(0, LARGE);
    const rest = CRAWL.urls - sum(large);
    const factors = Array.from({ length: NAMINGS }, (_, i) =>
      fullnessWithNames(large, rest, MACHINES, `list-${i}.example`),
    ).sort((a, b) => a - b);
    const [least = 0, median = 0, most = 0] = [factors[0], factors[NAMINGS / 2], factors.at(-1)];
    const told = [least, median, most].map((factor) => factor.toFixed(2));
    console.log(
      `the fullest of 50 with ${NAMINGS} other sets of names: ${told[0]}, mostly ${told[1]}, at most ${told[2]}`,
    );
    // Of a die's throws half are below 1.20, one in twenty is below 1.14, one in a hundred above 1.33.
    expect(median).toBeGreaterThan(1.15);
    expect(median).toBeLessThan(1.25);
    expect(most).toBeLessThan(1.4);
  });

  test('of URLs by --shard-by url is that of a die', () => {
    const counts = partsOfUrls(SAMPLE, MACHINES);
    const mean = SAMPLE / MACHINES;
    const chiSquare = counts.reduce((all, count) => all + (count - mean) ** 2 / mean, 0);
    // With 49 degrees of freedom one sample in a thousand has more than 85.4, and one in a thousand less than 24.
    expect(chiSquare).toBeLessThan(85.4);
    expect(chiSquare).toBeGreaterThan(24);
    const deviation = Math.sqrt((CRAWL.urls / MACHINES) * (1 - 1 / MACHINES));
    console.log(
      `--shard-by url, a sample of ${SAMPLE}: χ² ${chiSquare.toFixed(1)} (49 expected);`,
      `of all a part has ${CRAWL.urls / MACHINES} ± ${deviation.toFixed(0)},`,
      `and the fullest of 50 some ${percent((2.25 * deviation * MACHINES) / CRAWL.urls)} more`,
    );
  });
});

describe('length of the run', () => {
  test('is that of its largest host, where there are slots enough', () => {
    const rows = TIMES.flatMap((time) =>
      CONCURRENCIES.map((concurrency) => {
        const lengths = shares.map((share) => ({ share, ...lengthOf(share, conditions(concurrency, time)) }));
        const { least, mean, most } = spreadOf(lengths.map(({ total }) => total));
        const last = lengths.find(({ total }) => total === most) as (typeof lengths)[number];
        const { part, urls, largest } = last.share;
        const limit = last.limit === 'host' ? nameOf(largest.rank) : last.limit;
        const share = last.limit === 'host' ? `, ${percent(largest.urls / urls)}` : '';
        const cells = [`${1000 * time} ms`, `${concurrency}`, hours(least), hours(mean), hours(most)];
        return { time, concurrency, limit, most, cells: [...cells, `${limit}${share} of part ${part}`] };
      }),
    );
    const head = ['a URL takes', '-c', 'first machine done', 'mean', 'last', 'limit'];
    console.log(
      markdown(
        head,
        rows.map(({ cells }) => cells),
      ),
    );

    const limits = rows.map(({ concurrency, limit }) => `${concurrency}: ${limit}`);
    const expected = ['16: slots', '64: host-1.example', '256: host-1.example', '1000: host-1.example'];
    expect(limits).toEqual([...expected, ...expected]);
    // Nothing shortens it but a higher limit for that host.
    for (const { time, concurrency, most } of rows) {
      if (concurrency > 16) expect(most).toBeCloseTo((CRAWL.largest * time) / PER_HOST);
    }
  });

  test('with more parts than machines', () => {
    const plans = [MACHINES, 4 * MACHINES, FINE].flatMap((parts) => {
      const tasks = sharesOf(sizes, fineParts, parts).map((share) => lengthOf(share, USUAL).total);
      const sorted = tasks.toSorted((a, b) => b - a);
      return [...new Set([1, parts / MACHINES])].map((atOnce) => {
        const places = MACHINES * atOnce;
        return { parts, atOnce, inOrder: lastEnd(tasks, places), longestFirst: lastEnd(sorted, places) };
      });
    });
    const head = ['parts', 'at once on a machine', 'in order', 'longest first'];
    console.log(
      markdown(
        head,
        plans.map(({ parts, atOnce, inOrder, longestFirst }) => [parts, atOnce, hours(inOrder), hours(longestFirst)]),
      ),
    );
    const floor = (CRAWL.largest * USUAL.time) / PER_HOST;
    // One part after the other has the slots of a machine wait for the largest host of each part.
    const factors = plans.map(({ longestFirst }) => longestFirst / floor);
    const [machines, , , fineAlone, fineAtOnce] = factors as [number, number, number, number, number];
    expect([machines.toFixed(2), fineAtOnce.toFixed(2)]).toEqual(['1.00', '1.00']);
    expect(fineAlone).toBeGreaterThan(4);
  });
});
