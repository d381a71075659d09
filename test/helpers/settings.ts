import { resolveOptions, type Settings } from '../../src/options.js';
import type { ModeName, Options } from '../../src/types.js';

export const MODES: readonly ModeName[] = ['sequential', 'concurrent'];

export function settings(options: Options = {}): Settings {
  return resolveOptions(options);
}
