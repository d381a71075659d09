import type { FetchResult } from '../types.js';
import { version } from '../version.js';
import type { Reporter } from './index.js';

const COMMENT = [
  'An entry is a URL of the list; its request and response are the last ones that were made for it, and its time is all that the URL took.',
  'A size that is not known is -1, a text that is not known is empty, and of the headers only those are here that tell of the body.',
  'timings.blocked is from the start to when the last request was written: look-up, connection and waits, and any redirects and earlier attempts, none of them told apart.',
].join(' ');

/** What is in the place of a URL where there is none (the URI that W3C reserves for that). */
const NO_URL = 'about:invalid';

/** HAR 1.2: one log, an entry a row, on a line of its own. Keys that are not the format's begin with `_`, as it asks. */
export const har: Reporter = {
  async *report(run) {
    const log = { version: '1.2', creator: { name: 'fetch-lengths', version }, comment: COMMENT };
    const started = Date.parse(run.startedDateTime);
    // The opening of two objects whose last key is still open.
    yield `${JSON.stringify({ log }).slice(0, -2)},"entries":[`;
    let separator = '\n';
    for await (const rows of run.rows()) {
      let text = '';
      for (const row of rows) {
        text += separator + JSON.stringify(entry(row, started));
        separator = ',\n';
      }
      yield text;
    }
    yield '\n]}}\n';
  },
};

/** @param started when the run was, in milliseconds of the Unix epoch */
function entry(row: FetchResult, started: number): object {
  const { time, timings } = measure(row);
  return {
    startedDateTime: new Date(started + row.startTime).toISOString(),
    time,
    request: request(row),
    response: response(row),
    cache: {},
    timings,
    ...(row.attempts === 0 && { comment: 'No request was made.' }),
    _index: row.index,
    _url: listed(row),
    _state: row.state,
    _length: row.length,
    _lengthFrom: row.lengthFrom,
    _redirects: row.redirects,
    _attempts: row.attempts,
  };
}

function request(row: FetchResult): object {
  const { finalUrl, lengthFrom, redirects } = row;
  const href = finalUrl ?? asked(row);
  const query = href.includes('?') ? href.slice(href.indexOf('?')) : '';
  return {
    method: lengthFrom === 'content-length' ? 'HEAD' : 'GET',
    url: href,
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: lengthFrom === 'content-range' ? [{ name: 'Range', value: 'bytes=0-0' }] : [],
    queryString: Array.from(new URLSearchParams(query), ([name, value]) => ({ name, value })),
    headersSize: -1,
    bodySize: 0,
    ...(finalUrl === null && redirects > 0 && { comment: 'Where it was redirected to is not known.' }),
  };
}

function response(row: FetchResult): object {
  const { status, contentType, contentEncoding, contentLength, encodedBodySize, decodedBodySize, error } = row;
  const fields: readonly (readonly [name: string, value: string | number | null])[] = [
    ['Content-Type', contentType],
    ['Content-Encoding', contentEncoding],
    ['Content-Length', contentLength],
  ];
  const saved = encodedBodySize === null || decodedBodySize === null ? 0 : decodedBodySize - encodedBodySize;
  return {
    status: status ?? 0,
    statusText: '',
    httpVersion: '',
    cookies: [],
    headers: fields.flatMap(([name, value]) => (value === null ? [] : [{ name, value: String(value) }])),
    content: {
      size: decodedBodySize ?? -1,
      ...(saved !== 0 && { compression: saved }),
      mimeType: contentType ?? '',
    },
    redirectURL: '',
    headersSize: -1,
    bodySize: encodedBodySize ?? -1,
    // Chromium's, whose developer tools otherwise take the sum of the two for what was transferred, -1 and all.
    ...(encodedBodySize !== null && { _transferSize: encodedBodySize }),
    // Chromium's too.
    ...(error !== null && { _error: `${error.code}: ${error.message}` }),
  };
}

/**
 * Where the time of a URL went. It is counted in whole microseconds, so that the parts add up to the whole to the last
 * digit; a time that is not known, or not in order, leaves its part to the one before.
 */
function measure({ startTime, requestStart, responseStart, duration }: FetchResult): { time: number; timings: object } {
  const start = microseconds(startTime);
  const end = start + microseconds(duration);
  const within = (time: number | null, least: number): number =>
    time === null ? end : Math.min(Math.max(microseconds(time), least), end);
  const sent = within(requestStart, start);
  const answered = within(responseStart, sent);
  return {
    time: (end - start) / 1000,
    timings: {
      blocked: (sent - start) / 1000,
      dns: -1,
      connect: -1,
      ssl: -1,
      send: 0,
      wait: (answered - sent) / 1000,
      receive: (end - answered) / 1000,
    },
  };
}

function microseconds(time: number): number {
  return Math.round(time * 1000);
}

/** What the list has, without what may be a password. */
function listed({ url, error }: FetchResult): string {
  if (!url.includes('@')) return url;
  if (error?.code === 'bad-url' || !URL.canParse(url)) return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1');
  const parsed = new URL(url);
  if (parsed.username === '' && parsed.password === '') return url;
  return withoutCredentials(parsed).href;
}

/** What was to be asked for, without credentials and fragment. */
function asked({ url, error }: FetchResult): string {
  if (error?.code === 'bad-url' || !URL.canParse(url)) return NO_URL;
  const parsed = withoutCredentials(new URL(url));
  parsed.hash = '';
  return parsed.href;
}

function withoutCredentials(url: URL): URL {
  url.username = '';
  url.password = '';
  return url;
}
