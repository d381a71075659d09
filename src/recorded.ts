import { isUtf8 } from 'node:buffer';
import { ERROR_CODES, type FetchError, type FetchResult } from './types.js';

/** No row is longer, in bytes: a URL of 64 KiB may be there twice, each byte as an escape of six. */
export const MAX_LINE_BYTES: number = 4 * 2 ** 20;

/** No run lasts longer, in milliseconds (30 years): with more, a number is no time. */
const MAX_TIME = 1e12;

const LF = 0x0a;

/** A line of a file of recorded rows. */
export interface RecordedLine {
  /** The row; `null` if the line is not a whole one. */
  readonly row: FetchResult | null;
  /** Where it begins in the file. */
  readonly offset: number;
  /** Without its end; empty if it is too long to be a row. */
  readonly bytes: Buffer;
}

/** Reads rows as `ndjson` writes them, a batch per chunk; the last line may lack its end. */
export async function* readRecorded(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordedLine[]> {
  /** What has come of the line whose end has not; `null` once that is too much for a row. */
  let open: Buffer[] | null = [];
  let openLength = 0;
  let offset = 0;
  const append = (bytes: Buffer): void => {
    openLength += bytes.length;
    if (openLength > MAX_LINE_BYTES) open = null;
    else open?.push(bytes);
  };
  const end = (): RecordedLine => {
    const bytes = open === null ? Buffer.alloc(0) : Buffer.concat(open);
    const line = { row: parseRow(bytes), offset, bytes };
    offset += openLength + 1;
    open = [];
    openLength = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const batch: RecordedLine[] = [];
    let start = 0;
    for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, start)) {
      append(chunk.subarray(start, lf));
      batch.push(end());
      start = lf + 1;
    }
    append(chunk.subarray(start));
    yield batch;
  }
  if (openLength > 0) yield [end()];
}

function parseRow(bytes: Buffer): FetchResult | null {
  try {
    const value: unknown = isUtf8(bytes) ? JSON.parse(bytes.toString()) : null;
    return isRow(value) ? value : null;
  } catch {
    return null;
  }
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTime: Check = (value) => typeof value === 'number' && value >= 0 && value <= MAX_TIME;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** What every row has, whatever its state. */
const KEYS: Readonly<Record<keyof FetchResult, Check>> = {
  index: isCount,
  url: isText,
  state: isText,
  status: orNull(isCount),
  length: orNull(isCount),
  lengthFrom: orNull(isText),
  encodedBodySize: orNull(isCount),
  decodedBodySize: orNull(isCount),
  contentLength: orNull(isCount),
  contentEncoding: orNull(isText),
  contentType: orNull(isText),
  finalUrl: orNull(isText),
  redirects: isCount,
  attempts: isCount,
  startTime: isTime,
  requestStart: orNull(isTime),
  responseStart: orNull(isTime),
  duration: isTime,
  error: orNull((value) => typeof value === 'object'),
};

function isRow(value: unknown): value is FetchResult {
  if (typeof value !== 'object' || value === null) return false;
  const row = value as Record<keyof FetchResult, unknown>;
  for (const key in KEYS) {
    const name = key as keyof FetchResult;
    if (!KEYS[name](row[name])) return false;
  }
  if (row.state === 'failed') {
    const { code, cause, message } = (row.error ?? {}) as Partial<Record<keyof FetchError, unknown>>;
    const told = ERROR_CODES.some((known) => known === code) && orNull(isText)(cause) && isText(message);
    return row.length === null && row.lengthFrom === null && told;
  }
  const answered = isCount(row.status) && isCount(row.length) && isText(row.lengthFrom) && row.error === null;
  return answered && row.state === ((row.status as number) < 400 ? 'ok' : 'http-error');
}
