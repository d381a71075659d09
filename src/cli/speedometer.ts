import type { Totals } from '../types.js';
import type { Speed } from './progress.js';

/** How far back a speed is measured, in milliseconds, and how often something is noted for that. */
const WINDOW = 20_000;
const STEP = 500;

interface Note {
  readonly elapsed: number;
  readonly urls: number;
  readonly bytes: number;
}

/** How fast it went of late. */
export class Speedometer {
  readonly #notes: Note[];

  /** @param before what there was when no time had passed */
  constructor({ urls, encodedBodySize: bytes }: Totals) {
    this.#notes = [{ elapsed: 0, urls, bytes }];
  }

  /** @param elapsed in milliseconds; `null` is given as long as too little of it has passed */
  measure(elapsed: number, { urls, encodedBodySize: bytes }: Totals): Speed | null {
    const notes = this.#notes;
    if (elapsed - (notes.at(-1) as Note).elapsed >= STEP) notes.push({ elapsed, urls, bytes });
    while (notes.length > 2 && (notes[1] as Note).elapsed <= elapsed - WINDOW) notes.shift();
    const since = notes[0] as Note;
    const seconds = (elapsed - since.elapsed) / 1000;
    return seconds < STEP / 1000
      ? null
      : { urls: (urls - since.urls) / seconds, bytes: (bytes - since.bytes) / seconds };
  }
}
