import type { ResultMap } from '../results.js';
import type { FetchResult, ModeName, Target } from '../types.js';
import { concurrent } from './concurrent.js';
import { sequential } from './sequential.js';

/** What a mode works with. */
export interface Work {
  /** Pulled only as fast as URLs can start. */
  readonly targets: AsyncIterable<Target>;
  /** One target to one row; never rejects. */
  readonly fetch: (target: Target) => Promise<FetchResult>;
  /** Where every started target's row goes. Nothing starts while it is full or once it is closed. */
  readonly results: ResultMap;
  /** Most URLs in flight. */
  readonly concurrency: number;
}

/** Decides when each target starts; resolves when the last has started, rejects only if `targets` does. */
export type Mode = (work: Work) => Promise<void>;

export const modes: Readonly<Record<ModeName, Mode>> = { sequential, concurrent };
