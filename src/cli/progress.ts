import { styleText } from 'node:util';
import type { Totals } from '../types.js';

/** Where a run is. */
export interface Snapshot {
  /** Which run, if there is more than one. */
  readonly label: string | null;
  readonly totals: Totals;
  /** `null`: nobody knows. */
  readonly expected: number | null;
  readonly inFlight: number;
  /** In milliseconds. */
  readonly elapsed: number;
  readonly speed: Speed | null;
}

/** A second's worth. */
export interface Speed {
  readonly urls: number;
  readonly bytes: number;
}

/** A part of the line. */
interface Part {
  readonly text: string;
  /** Those of a lower rank go first where there is no room for all. */
  readonly rank: number;
  readonly format?: 'red' | 'yellow';
}

const SEPARATOR = '  ';
const MIN_BAR = 10;
const MAX_BAR = 40;

/**
 * Progress in one line. It is plain ASCII, a column for each character whatever the terminal's fonts and tables of widths
 * are, and leaves the last column free: some terminals wrap as soon as that is taken. Empty if there is no room for anything.
 */
export function progressLine(snapshot: Snapshot, columns: number, colour: boolean): string {
  const parts = allParts(snapshot);
  let room = columns - 1 + SEPARATOR.length;
  const shown = parts
    .toSorted((a, b) => a.rank - b.rank)
    .filter(({ text }) => {
      const width = text.length + SEPARATOR.length;
      if (width > room) return false;
      room -= width;
      return true;
    });
  return parts
    .filter((part) => shown.includes(part))
    .map((part) => (part.rank === BAR ? bar(snapshot, Math.min(MAX_BAR, MIN_BAR + room)) : part))
    .map(({ text, format }) => (colour && format ? styleText(format, text, { validateStream: false }) : text))
    .join(SEPARATOR);
}

/** The bar's rank, by which it is known. */
const BAR = 4;

/** In the order in which they are shown. */
function allParts(snapshot: Snapshot): Part[] {
  const { label, totals, expected, inFlight, elapsed, speed } = snapshot;
  const { urls, ok, httpErrors, failed } = totals;
  const parts: Part[] = [];
  if (label !== null) parts.push({ text: label, rank: 3 });
  if (expected !== null && expected > 0) parts.push(bar(snapshot, MIN_BAR));
  parts.push(
    { text: expected === null ? `${urls} done` : `${urls}/${expected}`, rank: 0 },
    { text: `${ok} ok`, rank: 8 },
    { text: `${httpErrors} HTTP errors`, ...(httpErrors > 0 ? { rank: 2, format: 'yellow' } : { rank: 11 }) },
    { text: `${failed} failed`, ...(failed > 0 ? { rank: 1, format: 'red' } : { rank: 12 }) },
    { text: `${inFlight} in flight`, rank: 7 },
  );
  if (speed !== null) {
    parts.push({ text: `${short(speed.urls)} URL/s`, rank: 9 }, { text: `${bytes(speed.bytes)}/s`, rank: 10 });
  }
  parts.push({ text: clock(elapsed), rank: 5 });
  if (expected !== null && speed !== null && speed.urls > 0) {
    parts.push({ text: `${clock(((expected - urls) / speed.urls) * 1000)} left`, rank: 6 });
  }
  return parts;
}

function bar({ totals, expected }: Snapshot, width: number): Part {
  const full = Math.min(width, Math.floor((totals.urls / (expected ?? 1)) * width));
  return { text: `[${'#'.repeat(full)}${'-'.repeat(width - full)}]`, rank: BAR };
}

/** Milliseconds as `0:07` or `1:02:03`. */
function clock(time: number): string {
  const seconds = Math.round(time / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h === 0 ? `${m}:${two(s)}` : `${h}:${two(m)}:${two(s)}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  return `${short(count / 1000 ** power)} ${UNITS[power]}`;
}

function short(value: number): string {
  return value.toFixed(value < 99.95 ? 1 : 0);
}
