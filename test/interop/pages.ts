import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How a server is to send a body: as long as it declared, in chunks, or, if it is asked to, as gzip. */
const CODINGS = ['plain', 'chunked', 'gzip'] as const;

/** What a server is to do with the connection after it. */
const CONNECTIONS = ['keep-alive', 'close'] as const;

/** Bytes of a body: none, a few, and more than any buffer holds. */
export const SIZES = { empty: 0, small: 3_000, large: 1_000_003 } as const;

/** A page that every server has. */
export interface Page {
  /** `/<coding>/<connection>/<size>.txt`, by which servers know what to do. */
  readonly path: string;
  readonly coding: (typeof CODINGS)[number];
  readonly connection: (typeof CONNECTIONS)[number];
  readonly size: number;
}

export const PAGES: readonly Page[] = CODINGS.flatMap((coding) =>
  CONNECTIONS.flatMap((connection) =>
    Object.entries(SIZES).map(([name, size]) => ({
      path: `/${coding}/${connection}/${name}.txt`,
      coding,
      connection,
      size,
    })),
  ),
);

/** A page that no server has, and a folder, from which servers redirect to its listing or to an error. */
export const OTHER_PATHS: readonly string[] = ['/no/such/page.txt', '/plain/keep-alive'];

/** Writes the pages as files, for servers to serve. */
export async function writePages(folder: string): Promise<void> {
  for (const { path, size } of PAGES) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text(size));
  }
}

/** So many bytes of lines that gzip makes shorter, but not to nothing. */
function text(size: number): string {
  let lines = '';
  for (let n = 0; lines.length < size; n++) lines += `${(n * n).toString(36)} bottles of beer on the wall\n`;
  return lines.slice(0, size);
}
