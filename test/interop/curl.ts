import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FetchResult } from '../../src/types.js';
import { run } from '../helpers/programs.js';

/** What both curl and fetch-lengths tell of a URL, under the names of our rows. */
export type Answer = Pick<
  FetchResult,
  'status' | 'length' | 'encodedBodySize' | 'contentType' | 'contentEncoding' | 'redirects' | 'finalUrl'
>;

/** What curl tells besides. */
export interface Told extends Answer {
  /** Of the final response, under names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** New connections that it took. */
  readonly connections: number;
}

/** Ends what curl says of one URL. */
const SEPARATOR = '\u001e';

/** What curl tells of URLs; it rejects if there is one that it cannot fetch. */
export async function curl(
  urls: readonly string[],
  options: readonly string[],
  folder: string,
  env?: NodeJS.ProcessEnv,
): Promise<Told[]> {
  const files = await mkdtemp(join(folder, 'curl-'));
  const bodies = urls.map((_, i) => join(files, `body-${i}`));
  const config = join(files, 'config');
  const targets = urls.map((url, i) => `url = "${url}"\noutput = "${bodies[i]}"\n`);
  await writeFile(config, targets.join(''));
  // A user's own settings stay out of it (-q must come first); no body, no file.
  const lines = await run(
    'curl',
    ['-q', '-sS', '-L', '--http1.1', ...options, '-w', `[%{json},%{header_json}]${SEPARATOR}`, '-K', config],
    { env },
  );
  const told = lines.split(SEPARATOR).slice(0, -1);
  return Promise.all(
    told.map(async (text, i) => {
      const [said, headers] = JSON.parse(text) as [Record<string, unknown>, Told['headers']];
      return {
        status: said['http_code'] as number,
        length: await sizeOf(bodies[i] as string),
        encodedBodySize: said['size_download'] as number,
        redirects: said['num_redirects'] as number,
        finalUrl: withoutCredentials(said['url_effective'] as string),
        contentType: said['content_type'] as string | null,
        contentEncoding: headers['content-encoding']?.join(', ') ?? null,
        headers,
        connections: said['num_connects'] as number,
      };
    }),
  );
}

/** Of a row, or of what curl tells, that which both know. */
export function answer(row: Answer): Answer {
  const { status, length, encodedBodySize, contentType, contentEncoding, redirects, finalUrl } = row;
  return { status, length, encodedBodySize, contentType, contentEncoding, redirects, finalUrl };
}

/** curl makes no file where there is no body. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
