import { resolveOptions, type Settings } from '../../src/options.js';
import type { Selection } from '../../src/targets.js';
import type { ModeName, Options } from '../../src/types.js';

export const MODES: readonly ModeName[] = ['sequential', 'concurrent'];

/** A name that nobody has: it is too long for one, so that the system's resolver says so without asking a name server. */
export const NOBODY = `${'x'.repeat(64)}.invalid`;

export const WHOLE_LIST: Selection = { unique: false, shard: null };

export function settings(options: Options = {}): Settings {
  return resolveOptions(options);
}
