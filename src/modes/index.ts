import type { Journey } from '../fetch/fetcher.js';
import type { ResultMap } from '../results.js';
import type { ModeName, Target } from '../types.js';
import { concurrent } from './concurrent.js';
import { sequential } from './sequential.js';

/** What a mode works with. */
export interface Work {
  /** Pulled only as fast as URLs can start. */
  readonly targets: AsyncIterable<readonly Target[]>;
  /** Takes on a target: the mode lets it go leg by leg, each in a slot. */
  readonly open: (target: Target) => Journey;
  /** Where the row of every target taken on goes. Nothing starts while it is full or once it is closed. */
  readonly results: ResultMap;
  /** Most URLs in flight. */
  readonly concurrency: number;
}

/** Decides when each target starts; resolves when the last has started, rejects only if `targets` does. */
export type Mode = (work: Work) => Promise<void>;

export const modes: Readonly<Record<ModeName, Mode>> = { sequential, concurrent };
