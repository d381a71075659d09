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

/** So large a part of the URLs is all but all of them. */
const NEARLY_ALL = 0.8;

/** The scheme and host that nearly all URLs begin with and that need not be said each time; else nothing. */
export function commonOrigin(urls: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const url of urls) {
    const [origin] = /^https?:\/\/[^/?#]+(?=\/)/i.exec(url) ?? [];
    if (origin === undefined) continue;
    const seen = (counts.get(origin) ?? 0) + 1;
    if (seen >= NEARLY_ALL * urls.length) return origin;
    counts.set(origin, seen);
  }
  return '';
}

/** A URL without the origin that is understood. */
export function under(origin: string, url: string): string {
  return origin !== '' && url.startsWith(`${origin}/`) ? url.slice(origin.length) : url;
}
