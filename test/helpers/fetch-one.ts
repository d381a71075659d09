import { fetchLengths } from '../../src/index.js';
import type { FetchResult, Options } from '../../src/types.js';

/** The row of one URL, through the whole pipeline; without retries, if they are not asked for. */
export async function fetchOne(url: string, options: Options = {}): Promise<FetchResult> {
  const { results } = await fetchLengths([url], { retry: 0, ...options });
  return results[0] as FetchResult;
}
