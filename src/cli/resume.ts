import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { MAX_LINE_BYTES, type RecordedLine, readRecorded } from '../recorded.js';
import type { Shard } from '../shard.js';
import { SourceError } from '../sources.js';
import { addRow, noTotals } from '../totals.js';
import type { FetchResult, FileIdentity, Target, Totals } from '../types.js';
import { FileStream } from './file-stream.js';
import { Inventory } from './inventory.js';
import { OutputError } from './output.js';

/** An output that is taken up again. */
export interface Resumed {
  /** What is written to it goes behind the rows that it keeps. */
  readonly stream: Writable;
  /** Of the rows that it keeps. */
  readonly totals: Totals;
  /** Whether the row of this place in the list is one of them; asked of the part's places only. */
  readonly has: (index: number) => boolean;
}

/**
 * Takes up a file of `ndjson` rows again: it is left with the whole rows that need no further try, one for each URL, or
 * if it is not this list's, or `stop` comes before that is done, it is left as it was.
 *
 * @param targets every URL of the list, or of the part
 * @param isSource whether a file is the list itself
 * @throws {OutputError | SourceError} or the reason of `stop`
 */
export async function resumeOutput(
  path: string,
  targets: AsyncIterable<readonly Target[]>,
  shard: Shard | null,
  isSource: (file: FileIdentity) => boolean,
  stop: AbortSignal,
): Promise<Resumed> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDWR | constants.O_CREAT);
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is no regular file');
    if (isSource(stat)) throw new Error('it is the list itself');
    // A fresh start needs no list to be held against. What is there by now is of another process that starts with it.
    const fresh = stat.size === 0;
    const inventory = await Promise.race([Inventory.of(fresh ? nothing() : targets, shard), rejectAt(stop)]);
    const recorded = fresh ? nothing : readRecorded;
    for await (const batch of recorded(reading(file, stop))) for (const line of batch) inventory.add(line);

    const totals = noTotals();
    const kept = keptLines(recorded(reading(file, stop)), inventory, (row) => addRow(totals, row));
    const endsWhole = fresh || (await lastByte(file, stat.size)) === '\n';
    if (inventory.clean && endsWhole) for await (const _ of kept);
    else await rewrite(await realpath(path), stat, kept, stop, () => file?.close());
    return { stream: openEnd(path), totals, has: (index) => inventory.has(index) };
  } catch (error) {
    if (error instanceof SourceError || error === stop.reason) throw error;
    throw new OutputError(`cannot resume ${JSON.stringify(path)}: ${(error as Error).message}`, { cause: error });
  } finally {
    await file?.close();
  }
}

async function* nothing(): AsyncGenerator<never> {}

/** Never resolves. For a wait that may have no end of its own, as that for a list out of a pipe. */
function rejectAt(stop: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (stop.aborted) reject(stop.reason);
    stop.addEventListener('abort', () => reject(stop.reason), { once: true });
  });
}

async function* reading(file: FileHandle, stop: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false, highWaterMark: 2 ** 18 })) {
    stop.throwIfAborted();
    yield chunk as Buffer;
  }
}

async function lastByte(file: FileHandle, size: number): Promise<string> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString('latin1');
}

/** The text of the lines to keep, a batch at a time. */
async function* keptLines(
  recorded: AsyncIterable<readonly RecordedLine[]>,
  inventory: Inventory,
  onRow: (row: FetchResult) => void,
): AsyncGenerator<Buffer> {
  for await (const batch of recorded) {
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
  stop: AbortSignal,
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
    stop.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Rows are read again in such pieces, in bytes: the longest one, with its end. */
const PIECE = MAX_LINE_BYTES + 1;

/**
 * Opens the file to write behind what it has. Another process that takes it up too may put a new one in its place: then
 * what was written goes there as well, for nobody will ever find the old one.
 */
function openEnd(path: string): Writable {
  const fd = openSync(path, 'a+');
  const start = fstatSync(fd).size;
  return new FileStream(fd, true, () => {
    const [own, there] = [fstatSync(fd), statSync(path)];
    if (own.dev === there.dev && own.ino === there.ino) return;
    const target = openSync(path, 'a');
    try {
      const piece = Buffer.alloc(PIECE);
      for (let place = start, size = 0; place < own.size; place += size) {
        const count = readSync(fd, piece, 0, PIECE, place);
        // Whole lines at a time: the other process writes there too.
        size = piece.subarray(0, count).lastIndexOf(LF) + 1;
        if (size === 0) throw new Error('what was written cannot be read again');
        writeFileSync(target, piece.subarray(0, size));
      }
    } finally {
      closeSync(target);
    }
  });
}
