import { resolveOptions, type Settings } from '../../src/options.js';
import type { Selection } from '../../src/targets.js';
import type { ModeName, Options } from '../../src/types.js';

export const MODES: readonly ModeName[] = ['sequential', 'concurrent'];

export const WHOLE_LIST: Selection = { unique: false, shard: null };

export function settings(options: Options = {}): Settings {
  return resolveOptions(options);
}
