import { fetchLengths } from '../../src/index.js';
import type { FetchResult, Options } from '../../src/types.js';

/** The row of one URL, through the whole pipeline. */
export async function fetchOne(url: string, options: Options = {}): Promise<FetchResult> {
  const { results } = await fetchLengths([url], options);
  return results[0] as FetchResult;
}
