import { closeSync, constants, createWriteStream, fstatSync, ftruncateSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { statStandardStream } from '../standard-stream.js';
import type { FileIdentity } from '../types.js';
import { FileStream } from './file-stream.js';
import { PipeStream } from './pipe-stream.js';

/** Whether a stream, a pipe's or a connection's, failed because nobody reads it any more. */
export function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ECONNRESET';
}

/** An output that cannot be written. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/**
 * Opens the file that `-o` names, for writing from its start.
 *
 * @param isSource whether a file is what is read, which would be lost
 * @param source what that is
 * @throws {OutputError}
 */
export async function openOutput(
  path: string,
  isSource: (file: FileIdentity) => boolean,
  source = 'the list itself',
): Promise<Writable> {
  let fd: number | undefined;
  try {
    // Not emptied yet: first it must be known that it is no source.
    fd = openSync(path, constants.O_WRONLY | constants.O_CREAT);
    const stat = fstatSync(fd);
    if ((stat.isFile() || stat.isFIFO()) && isSource(stat)) throw new Error(`it is ${source}`);
    if (stat.isFIFO()) return new PipeStream(await openPipe(fd));
    if (!stat.isFile()) return createWriteStream('', { fd });
    ftruncateSync(fd);
    return new FileStream(fd, true);
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw new OutputError(`cannot write the output ${JSON.stringify(path)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** As a stream of the network's kind, which help has no use for: a thread that waits in a write would outlive every signal. */
async function openPipe(fd: number): Promise<Writable> {
  const { Socket } = await import('node:net');
  return new Socket({ fd, readable: false, writable: true });
}

/**
 * Standard output, written to as a file or as a pipe if it is one.
 *
 * @throws {OutputError} if it is what is read, which would never end
 */
export function standardOutput(
  stdout: Writable & { readonly fd?: number },
  isSource: (file: FileIdentity) => boolean = () => false,
  source = 'the list itself',
): Writable {
  if (stdout.fd === undefined) return stdout;
  const stat = statStandardStream(stdout.fd);
  if (stat === null || !(stat.isFile() || stat.isFIFO())) return stdout;
  if (isSource(stat)) throw new OutputError(`cannot write to standard output: it is ${source}`);
  return stat.isFIFO() ? new PipeStream(stdout) : new FileStream(stdout.fd, false);
}
