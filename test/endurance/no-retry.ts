import { DEFAULTS } from '../../src/defaults.js';
import type { Options } from '../../src/types.js';

/** Further attempts by default: 0 as long as there is no such option. */
export const RETRIES: number = (DEFAULTS as { readonly retry?: number }).retry ?? 0;

/** One attempt for each URL, so that a row tells of one reply. */
export const NO_RETRY: Options = RETRIES === 0 ? {} : ({ retry: 0 } as Options);
