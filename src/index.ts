import { OptionError } from './option-error.js';
import { resolveOptions } from './options.js';
import { Run } from './run.js';
import { urlTargets } from './targets.js';
import type { FetchResult, Options, Report } from './types.js';

export { OptionError } from './option-error.js';
export {
  type AnsweredResult,
  ERROR_CODES,
  type ErrorCode,
  type FailedResult,
  type FetchError,
  type FetchResult,
  type LengthFrom,
  type ModeName,
  type Options,
  type Order,
  type Report,
  type ShardBy,
  type Totals,
} from './types.js';

/**
 * Fetches URLs and tells the length of each: the report that `--format json` prints.
 *
 * Whatever the network does is a row. An aborted `signal` ends the run early: URLs in flight are `aborted` rows, those
 * that had not started have none.
 *
 * @param urls pulled only as fast as URLs can start
 * @throws {OptionError} for wrong options; otherwise only what `urls` itself throws, or if a worker thread dies or
 *   too few files may be open
 */
export async function fetchLengths(
  urls: Iterable<string> | AsyncIterable<string>,
  options: Options = {},
): Promise<Report> {
  return start(urls, options).report();
}

/**
 * Fetches URLs and gives a row for each, as soon as the order allows. Rows that are not taken hold back new requests;
 * leaving the loop early ends the run.
 *
 * @param urls pulled only as fast as URLs can start
 * @throws {OptionError} for wrong options; otherwise only what `urls` itself throws, or if a worker thread dies or
 *   too few files may be open
 */
export async function* streamLengths(
  urls: Iterable<string> | AsyncIterable<string>,
  options: Options = {},
): AsyncGenerator<FetchResult, void, undefined> {
  const run = start(urls, options);
  for await (const rows of run.rows()) yield* rows;
  if (run.failure !== null) throw run.failure;
}

function start(urls: Iterable<string> | AsyncIterable<string>, options: Options): Run {
  // A string is an iterable of strings too, its characters, which nobody means.
  const iterable =
    typeof urls === 'object' && urls !== null && (Symbol.iterator in urls || Symbol.asyncIterator in urls);
  if (!iterable) throw new OptionError('urls', 'an iterable of strings', urls);
  const settings = resolveOptions(options);
  return new Run(urlTargets(urls, settings), settings);
}
