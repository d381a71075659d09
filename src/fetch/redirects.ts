import { FetchFailure } from './errors.js';
import type { ResponseHead } from './head.js';
import { withoutCredentials } from './urls.js';

/** The statuses that name another place in `Location` (RFC 9110, section 15.4); 304 is an answer. */
const REDIRECTS: readonly number[] = [300, 301, 302, 303, 307, 308];

/** Where a response redirects to, as its `Location` has it; `null` if it is itself the answer. */
export function redirectLocation(head: ResponseHead): string | null {
  return REDIRECTS.includes(head.status) && head.location ? head.location : null;
}

/**
 * The URL that a `Location` names, relative to the one that it answers.
 *
 * @throws {FetchFailure} `bad-redirect`
 */
export function resolveLocation(location: string, base: URL): URL {
  // The field's bytes as Latin-1: as escapes they mean the same in UTF-8 and in any other charset.
  const escaped = location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
  const url = URL.canParse(escaped, base.href) ? new URL(escaped, base.href) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new FetchFailure(
      'bad-redirect',
      null,
      `redirected to what is no http(s) URL: ${withoutCredentials(url?.href ?? escaped)}`,
    );
  }
  return url;
}
