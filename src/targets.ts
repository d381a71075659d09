import { isUtf8 } from 'node:buffer';
import { isOf, type Shard } from './shard.js';
import type { Target } from './types.js';

/** The longest URL, in bytes; of a longer line no more than this is kept. */
export const MAX_URL_BYTES = 65_536;

/** One line of a list that is neither blank nor a comment. */
export type Line = Pick<Target, 'url' | 'flaw'>;

const LF = 0x0a;

/**
 * Splits a list into its URLs, a batch per chunk. A line ends at the byte `\n` alone. White space around it (a CR and
 * a byte-order mark are white space too) goes, and so do blank lines and those that begin with `#`. What cannot be a
 * URL by its bytes alone, too long or not UTF-8, comes with a flaw.
 */
export async function* readList(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line[]> {
  const open = new OpenLine();
  for await (const chunk of chunks) {
    const first = chunk.indexOf(LF);
    if (first === -1) {
      open.append(chunk);
      continue;
    }
    const batch: Line[] = [];
    open.append(chunk.subarray(0, first));
    open.end(batch);
    const last = chunk.lastIndexOf(LF);
    if (last > first) addLines(batch, chunk.subarray(first + 1, last));
    open.append(chunk.subarray(last + 1));
    yield batch;
  }
  const batch: Line[] = [];
  open.end(batch);
  yield batch;
}

/** Which URLs of a list are targets. */
export interface Selection {
  /** Those that the list had before are none. */
  readonly unique: boolean;
  /** `null`: the whole list. */
  readonly shard: Shard | null;
}

/** The targets of lists that are read one after the other, a batch for each of theirs. */
export async function* listTargets(
  lists: Iterable<AsyncIterable<Line[]>>,
  selection: Selection,
): AsyncGenerator<Target[]> {
  const admit = numbering(selection, wholeLine);
  for (const list of lists) {
    for await (const lines of list) {
      const batch: Target[] = [];
      for (const { url, flaw } of lines) {
        const target = admit(url, flaw);
        if (target !== null) batch.push(target);
      }
      yield batch;
    }
  }
}

/** The targets of URLs that a program hands over, each as it is and alone: no comments, no blank lines. */
export async function* urlTargets(
  urls: Iterable<string> | AsyncIterable<string>,
  selection: Selection,
): AsyncGenerator<Target[]> {
  const admit = numbering(selection, (url) => url);
  for await (const url of urls) {
    const { url: text, flaw } = toLine(String(url));
    const target = admit(text, flaw);
    if (target !== null) yield [target];
  }
}

/** Numbers URLs from 0. One that is no target keeps its place in the count; of one that is, `whole` makes the URL. */
function numbering(
  { unique, shard }: Selection,
  whole: (url: string) => string,
): (url: string, flaw: string | null) => Target | null {
  const seen = unique ? new Set<string>() : null;
  let index = 0;
  return (url, flaw) => {
    const place = index++;
    if (shard !== null && !isOf(shard, { index: place, url, flaw })) return null;
    // What has a flaw is not shown as it stands in the list, and may look like another line.
    if (flaw === null && seen?.has(url)) return null;
    const target = { index: place, url: whole(url), flaw };
    if (flaw === null) seen?.add(target.url);
    return target;
  };
}

/**
 * A copy: to V8 a line is a slice of its chunk, and keeps all of it alive for as long as it waits. Of a small part, or of
 * URLs that wait for one slow host, each would keep another chunk.
 */
function wholeLine(url: string): string {
  return Buffer.from(url).toString();
}

/** Adds the URLs of whole lines. */
function addLines(batch: Line[], bytes: Buffer): void {
  if (isUtf8(bytes)) {
    for (const line of bytes.toString().split('\n')) addLine(batch, line, null);
    return;
  }
  for (let start = 0; start <= bytes.length; ) {
    let end = bytes.indexOf(LF, start);
    if (end === -1) end = bytes.length;
    const line = bytes.subarray(start, end);
    addLine(batch, line.toString(), isUtf8(line) ? null : 'not UTF-8 text');
    start = end + 1;
  }
}

function addLine(batch: Line[], text: string, flaw: string | null): void {
  const url = text.trim();
  if (url === '' || url.startsWith('#')) return;
  batch.push(flaw === null ? toLine(url) : { url: toLine(url).url, flaw });
}

/** A line that is to be a URL as it stands; cut if it is too long for one. */
export function toLine(url: string): Line {
  // A UTF-16 unit is at most three bytes of UTF-8: most URLs need no counting.
  if (url.length * 3 <= MAX_URL_BYTES || Buffer.byteLength(url) <= MAX_URL_BYTES) return { url, flaw: null };
  const cut = Buffer.from(url).subarray(0, MAX_URL_BYTES).toString();
  return { url: cut.replace(/\ufffd+$/, ''), flaw: 'longer than 64 KiB' };
}

/** The line whose end has not come yet: as much of it as a URL may have, and whether there was more. */
class OpenLine {
  #held: Buffer = Buffer.alloc(0);
  #overflown = false;

  append(bytes: Buffer): void {
    let rest = bytes;
    if (this.#held.length === 0) rest = rest.subarray(countWhiteSpace(rest));
    // One byte more than a URL may have, so that a CR behind the longest one still fits.
    const room = MAX_URL_BYTES + 1 - this.#held.length;
    // Copied, so that one open line does not keep a whole chunk alive.
    if (rest.length > 0 && room > 0) this.#held = Buffer.concat([this.#held, rest.subarray(0, room)]);
    rest = rest.subarray(Math.max(0, room));
    this.#overflown ||= countWhiteSpace(rest) < rest.length;
  }

  end(batch: Line[]): void {
    if (this.#overflown) {
      const line: Line[] = [];
      addLine(line, this.#held.toString(), 'longer than 64 KiB');
      batch.push(...line);
    } else {
      addLines(batch, this.#held);
    }
    this.#held = Buffer.alloc(0);
    this.#overflown = false;
  }
}

const WHITE_SPACE: readonly number[] = [0x20, 0x09, 0x0b, 0x0c, 0x0d];

/** How many bytes of ASCII white space other than LF begin these bytes. */
function countWhiteSpace(bytes: Buffer): number {
  let count = 0;
  while (count < bytes.length && WHITE_SPACE.includes(bytes[count] as number)) count++;
  return count;
}
