import { close as closeFile, createReadStream, fstatSync, open, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { statStandardStream } from './standard-stream.js';
import { type Line, readList, toLine } from './targets.js';
import type { FileIdentity } from './types.js';

const openFile: (path: string, flags: string) => Promise<number> = promisify(open);

/** A source that cannot be read. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** Opened sources. */
export interface Sources {
  /** The lists in the order given, from their beginning. */
  readonly read: () => readonly AsyncIterable<Line[]>[];
  /** Whether a file is one of them, standard input included. */
  readonly include: (file: FileIdentity) => boolean;
  /** Closes the files, those that were not read too. */
  readonly close: () => void;
}

/** `process`, or what stands for it: its standard input takes time to make, and most runs have no use for it. */
export interface HasStandardInput {
  readonly stdin: AsyncIterable<Buffer> & { readonly fd?: number };
}

/**
 * Opens every source, so that one that cannot be read is known before the first request.
 *
 * @param names each a file, `-` for standard input, or itself a URL
 * @param again whether they are read more than once: what cannot be is then kept in memory
 * @throws {SourceError} also later, when reading fails
 */
export async function openSources(names: readonly string[], host: HasStandardInput, again: boolean): Promise<Sources> {
  if (names.indexOf('-') !== names.lastIndexOf('-')) {
    throw new SourceError('cannot read standard input ("-") twice');
  }
  const closing: (() => void)[] = [];
  const identities: FileIdentity[] = [];
  const close = (): void => {
    for (const end of closing) end();
  };
  const identify = (stat: Stats): void => {
    if (stat.isDirectory()) throw new Error('it is a directory');
    identities.push(stat);
  };
  const lists: (() => AsyncIterable<Line[]>)[] = [];
  const once = (list: AsyncIterable<Line[]>): void => {
    lists.push(again ? keeping(list) : () => list);
  };
  const openSource = async (name: string): Promise<void> => {
    if (name === '-') {
      const { stdin } = host;
      const stat = stdin.fd === undefined ? null : statStandardStream(stdin.fd);
      if (stat !== null) identify(stat);
      once(readList(reading(name, () => stdin)));
    } else {
      const fd = await openFile(name, 'r');
      const stat = fstatSync(fd);
      if (stat.isFIFO()) {
        // As a stream of the network's kind: a thread that waits in a read would outlive every signal.
        const pipe = new Socket({ fd, readable: true, writable: false });
        closing.push(() => pipe.destroy());
        once(readList(reading(name, () => pipe)));
      } else {
        closing.push(() => closeFile(fd, () => {}));
        const bytes = (start?: number): AsyncIterable<Buffer> =>
          reading(name, () => createReadStream('', { fd, start, autoClose: false }) as AsyncIterable<Buffer>);
        if (stat.isFile()) lists.push(() => readList(bytes(0)));
        else once(readList(bytes()));
      }
      identify(stat);
    }
  };
  let urls: Line[] | null = null;
  for (const name of names) {
    if (isUrl(name)) {
      // Those that stand together are one list: then it is known what follows.
      if (urls === null) {
        urls = [];
        lists.push(inOneBatch(urls));
      }
      urls.push(toLine(name));
      continue;
    }
    urls = null;
    try {
      await openSource(name);
    } catch (error) {
      close();
      throw unreadable(name, error);
    }
  }
  return {
    read: () => lists.map((list) => list()),
    include: ({ dev, ino }) => identities.some((identity) => identity.dev === dev && identity.ino === ino),
    close,
  };
}

/** Reads a list that can be read only once, as often as one likes: the first time to its end. */
function keeping(list: AsyncIterable<Line[]>): () => AsyncIterable<Line[]> {
  const kept: Line[][] = [];
  let whole = false;
  return async function* () {
    if (whole) {
      yield* kept;
      return;
    }
    for await (const lines of list) {
      kept.push(lines);
      yield lines;
    }
    whole = true;
  };
}

function isUrl(name: string): boolean {
  return /^https?:\/\//i.test(name);
}

function inOneBatch(lines: Line[]): () => AsyncIterable<Line[]> {
  return async function* () {
    yield lines;
  };
}

async function* reading(name: string, open: () => AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* open();
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, error: unknown): SourceError {
  const what = name === '-' ? 'standard input' : `the list ${JSON.stringify(name)}`;
  return new SourceError(`cannot read ${what}: ${(error as Error).message}`, { cause: error });
}
