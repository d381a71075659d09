import { printable } from '../../printable.js';

/** So much of a text is shown, in characters; a list may have 64 KiB in a line. */
const MAX_TEXT = 300;

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

export const count = (n: number, what: string): string => `${whole.format(n)} ${what}${n === 1 ? '' : 's'}`;

export const integer = (n: number): string => whole.format(n);

export const digits = (n: number): string => short.format(n);

export const percent = (share: number): string => `${short.format(share * 100)} %`;

/** Bytes, in the unit that leaves three digits. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3 + 1e-9), 5);
  return `${short.format(bytes / 1000 ** power)} ${['B', 'kB', 'MB', 'GB', 'TB', 'PB'][power]}`;
}

/** Milliseconds, as seconds from one second on. */
export function time(ms: number): string {
  return ms < 1000 ? `${short.format(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** A number of seconds or milliseconds without more digits than a scale needs. */
export function tick(ms: number): string {
  return ms !== 0 && Math.abs(ms) < 1000 ? `${short.format(ms)} ms` : `${short.format(ms / 1000)} s`;
}

/** Text out of the list or the network: nothing in it acts, and it is no longer than can be read. */
export function shown(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return printable(cut);
}

/** What all URLs begin with, up to a slash behind their hosts. */
export function commonPrefix(urls: readonly string[]): string {
  let prefix = urls[0] ?? '';
  for (const url of urls) while (!url.startsWith(prefix)) prefix = prefix.slice(0, -1);
  const slash = prefix.lastIndexOf('/');
  return /^https?:\/\/[^/]+\//i.test(prefix) ? prefix.slice(0, slash) : '';
}
