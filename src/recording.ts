import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { type HasStandardInput, SourceError } from './sources.js';
import { statStandardStream } from './standard-stream.js';
import type { FileIdentity } from './types.js';

/**
 * Some file systems keep times that no `Date` holds, or whose year has more than four digits: no recording was written
 * before 1970 or after this (the year 8307).
 */
const MAX_WRITTEN = 2e14;

/** A file of recorded rows, opened. */
export interface Recording {
  /** As a message calls it. */
  readonly title: string;
  /** When it was written, in milliseconds of the Unix epoch. */
  readonly written: number;
  /** All of it, from its start, as often as one likes. Throws `SourceError` where reading fails. */
  readonly read: () => AsyncIterable<Buffer>;
  readonly is: (file: FileIdentity) => boolean;
  readonly close: () => Promise<void>;
}

/**
 * @param name a file, or `-` for standard input
 * @throws {SourceError}
 */
export async function openRecording(name: string, host: HasStandardInput): Promise<Recording> {
  const title = name === '-' ? 'standard input' : JSON.stringify(name);
  const unreadable = (error: unknown): SourceError =>
    new SourceError(`cannot read ${title}: ${(error as Error).message}`, { cause: error });
  const close: (() => Promise<void>)[] = [];
  try {
    let stat: Stats | null = null;
    let read: () => AsyncIterable<Buffer>;
    if (name === '-') {
      const { stdin } = host;
      if (stdin.fd !== undefined) stat = statStandardStream(stdin.fd);
      read = await keep(stdin);
    } else {
      const file = await open(name);
      close.push(() => file.close());
      stat = await file.stat();
      if (stat.isDirectory()) throw new Error('it is a directory');
      // As long as it is now: whoever writes it may go on.
      const range = { start: 0, end: stat.size - 1, autoClose: false, highWaterMark: 2 ** 18 };
      if (!stat.isFile()) read = await keep(file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>);
      else if (stat.size === 0) read = () => from([]);
      else read = () => file.createReadStream(range) as AsyncIterable<Buffer>;
    }
    return {
      title,
      written: stat?.isFile() ? Math.min(Math.max(0, stat.mtimeMs), MAX_WRITTEN) : Date.now(),
      async *read() {
        try {
          yield* read();
        } catch (error) {
          throw unreadable(error);
        }
      },
      is: ({ dev, ino }) => stat?.dev === dev && stat.ino === ino,
      close: async () => {
        for (const end of close) await end();
      },
    };
  } catch (error) {
    for (const end of close) await end();
    throw unreadable(error);
  }
}

/** What can be read only once. */
async function keep(stream: AsyncIterable<Buffer>): Promise<() => AsyncIterable<Buffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return () => from(chunks);
}

async function* from(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}
