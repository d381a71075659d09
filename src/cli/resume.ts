import { hash, randomUUID } from 'node:crypto';
import { constants, openSync, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { quote } from '../option-error.js';
import { type RecordedLine, readRecorded } from '../recorded.js';
import { SourceError } from '../sources.js';
import { addRow, noTotals } from '../totals.js';
import type { FetchResult, FileIdentity, Target, Totals } from '../types.js';
import { FileStream } from './file-stream.js';
import { OutputError } from './writer.js';

/** An output that is taken up again. */
export interface Resumed {
  /** What is written to it goes behind the rows that it keeps. */
  readonly stream: Writable;
  /** Of the rows that it keeps. */
  readonly totals: Totals;
  /** Whether the row of this place in the list is one of them. */
  readonly has: (index: number) => boolean;
}

/** The better of two rows for one URL stays. */
const RANK: Readonly<Record<FetchResult['state'], number>> = { failed: 0, 'http-error': 1, ok: 2 };

/** What a file has for each place of the list: arrays of plain numbers, because a list may have millions. */
class Inventory {
  /** Of the URLs of the list. */
  readonly #digests: readonly number[];
  /** Where the best row's line begins. */
  readonly #offsets: Float64Array;
  readonly #ranks: Uint8Array;
  /** Nothing in the file is to be dropped. */
  clean = true;

  constructor(digests: readonly number[]) {
    this.#digests = digests;
    this.#offsets = new Float64Array(digests.length).fill(-1);
    this.#ranks = new Uint8Array(digests.length);
  }

  /** @throws {Error} if the row is not the list's */
  add({ row, offset }: RecordedLine): void {
    if (row === null) {
      this.clean = false;
      return;
    }
    const { index, url, state } = row;
    if (index >= this.#digests.length) throw new Error(`it is of another list: that ends before index ${index}`);
    if (this.#digests[index] !== digest(url)) {
      throw new Error(`it is of another list: at index ${index} it has ${quote(url.slice(0, 200))}`);
    }
    const rank = RANK[state];
    if (this.#offsets[index] !== -1 || rank === RANK.failed) this.clean = false;
    if (rank < (this.#ranks[index] as number)) return;
    this.#offsets[index] = offset;
    this.#ranks[index] = rank;
  }

  keeps({ row, offset }: RecordedLine): boolean {
    return row !== null && row.state !== 'failed' && this.#offsets[row.index] === offset;
  }

  has(index: number): boolean {
    return (this.#ranks[index] ?? RANK.failed) > RANK.failed;
  }
}

/**
 * Takes up a file of `ndjson` rows again: it is left with the whole rows that need no further try, one for each URL, or
 * if it is not this list's it is left as it was.
 *
 * @param targets every URL of the list
 * @param isSource whether a file is the list itself
 * @throws {OutputError | SourceError}
 */
export async function resumeOutput(
  path: string,
  targets: AsyncIterable<readonly Target[]>,
  isSource: (file: FileIdentity) => boolean,
): Promise<Resumed> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDWR | constants.O_CREAT);
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is no regular file');
    if (isSource(stat)) throw new Error('it is the list itself');
    const digests: number[] = [];
    for await (const batch of targets) for (const { url } of batch) digests.push(digest(url));
    const inventory = new Inventory(digests);
    for await (const batch of readRecorded(reading(file))) for (const line of batch) inventory.add(line);

    const totals = noTotals();
    const kept = keptLines(file, inventory, (row) => addRow(totals, row));
    const endsWhole = stat.size === 0 || (await lastByte(file, stat.size)) === '\n';
    if (inventory.clean && endsWhole) for await (const _ of kept);
    else await rewrite(await realpath(path), stat, kept, () => file?.close());
    return { stream: new FileStream(openSync(path, 'a'), true), totals, has: (index) => inventory.has(index) };
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new OutputError(`cannot resume ${JSON.stringify(path)}: ${(error as Error).message}`, { cause: error });
  } finally {
    await file?.close();
  }
}

function reading(file: FileHandle): AsyncIterable<Buffer> {
  return file.createReadStream({ start: 0, autoClose: false, highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>;
}

async function lastByte(file: FileHandle, size: number): Promise<string> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString('latin1');
}

/** The text of the lines to keep, a batch at a time. */
async function* keptLines(
  file: FileHandle,
  inventory: Inventory,
  onRow: (row: FetchResult) => void,
): AsyncGenerator<Buffer> {
  for await (const batch of readRecorded(reading(file))) {
    const kept = batch.filter((line) => inventory.keeps(line));
    for (const { row } of kept) if (row !== null) onRow(row);
    yield Buffer.concat(kept.flatMap(({ bytes }) => [bytes, LF]));
  }
}

const LF: Buffer = Buffer.from('\n');

/** Puts another text in a file's place, in one step: whatever happens, one of the two is there. */
async function rewrite(
  path: string,
  { mode, uid, gid }: Stats,
  text: AsyncIterable<Buffer>,
  closeOld: () => Promise<void> | undefined,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.resuming`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    for await (const part of text) await file.writeFile(part);
    // Only root may give files away, and not every file system knows owners and modes.
    await file.chown(uid, gid).catch(() => {});
    await file.chmod(mode).catch(() => {});
    await file.sync();
    // Windows lets no open file be replaced.
    await Promise.all([file.close(), closeOld()]);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** 48 bits of a URL's SHA-1. */
function digest(url: string): number {
  return hash('sha1', url, 'buffer').readUIntBE(0, 6);
}
