import { unescape as percentDecode } from 'node:querystring';
import type { Target } from '../types.js';
import { FetchFailure } from './errors.js';

/**
 * The URL that a target is.
 *
 * @throws {FetchFailure} `bad-url`
 */
export function parseUrl({ url, flaw }: Target): URL {
  if (flaw !== null) throw new FetchFailure('bad-url', null, flaw);
  if (!/^https?:\/\//i.test(url)) throw new FetchFailure('bad-url', null, 'no absolute http(s) URL');
  // The URL standard drops tabs and line ends wherever they stand: that would be another URL than the list's.
  if (/\p{Cc}/u.test(url)) throw new FetchFailure('bad-url', null, 'a control character in the URL');
  try {
    return new URL(url);
  } catch {
    throw new FetchFailure('bad-url', null, 'no valid URL');
  }
}

/** What was to be a URL, for a message: without what may be a password. */
export function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:)?.*@/is, '$1//');
}

/** Path and query. */
export function pathOf(url: URL): string {
  return url.pathname + url.search;
}

/** Basic authentication (RFC 7617) from a URL's credentials. */
export function basicAuthorization(url: URL): string | null {
  if (url.username === '' && url.password === '') return null;
  // Decoded leniently: a lone % is one.
  const pair = `${percentDecode(url.username)}:${percentDecode(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
