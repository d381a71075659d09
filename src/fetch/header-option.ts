import { OptionError } from '../option-error.js';
import { version } from '../version.js';

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What frames the message or belongs to the connection; set by hand it would break one or the other. */
const NOT_FOR_USERS = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Of these there is one: a server that finds a second one guesses, and a proxy's would go on to the server. */
const SINGLE: ReadonlyMap<string, string> = new Map([
  ['host', 'Host'],
  ['proxy-authorization', 'Proxy-Authorization'],
]);

/**
 * The header fields of every request, as the options `header` and `userAgent` want them, in undici's flat form: name,
 * value, name, value. Names are in lower case; one with an empty value is not to be sent at all.
 *
 * @throws {OptionError}
 */
export function userHeaders(header: readonly string[] = [], userAgent = `fetch-lengths/${version}`): string[] {
  if (!Array.isArray(header)) throw new OptionError('header', 'a list of "Name: value"', header);
  const own = new Map<string, string[]>();
  for (const line of header) {
    const [name, value] = parseLine(line);
    if (SINGLE.has(name) && own.has(name)) throw new OptionError('header', `one ${SINGLE.get(name)}`, line);
    own.set(name, [...(own.get(name) ?? []), value]);
  }
  const headers = new Map([['user-agent', [fieldValue('userAgent', userAgent)]], ['accept', ['*/*']], ...own]);
  return [...headers].flatMap(([name, values]) => values.flatMap((value) => [name, value]));
}

function parseLine(line: unknown): [name: string, value: string] {
  const [, name = '', value = ''] = typeof line === 'string' ? (/^([^:]*):(.*)$/s.exec(line) ?? []) : [];
  const lowerCase = name.trim().toLowerCase();
  if (!TOKEN.test(lowerCase)) throw new OptionError('header', '"Name: value"', line);
  if (NOT_FOR_USERS.has(lowerCase)) {
    throw new OptionError('header', `none of the connection's own, like ${lowerCase}`, line);
  }
  return [lowerCase, fieldValue('header', value.trim())];
}

/** Checks a field value (RFC 9110, section 5.5) and spells its UTF-8 bytes as the Latin-1 that undici writes. */
function fieldValue(option: string, value: string): string {
  if (typeof value !== 'string' || /[^\P{Cc}\t]/u.test(value)) {
    throw new OptionError(option, 'text without control characters', value);
  }
  return Buffer.from(value, 'utf8').toString('latin1');
}
