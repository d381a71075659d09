import { hash } from 'node:crypto';
import { parseUrl } from './fetch/urls.js';
import { OptionError } from './option-error.js';
import type { ShardBy, Target } from './types.js';

/** A part of the list, from 1. */
export interface Shard {
  readonly part: number;
  readonly parts: number;
  readonly by: ShardBy;
}

/** More parts than any engine has tasks. */
const MAX_PARTS = 1_000_000;

/**
 * The part that `i/n` names.
 *
 * @throws {OptionError}
 */
export function parseShard(text: string, by: ShardBy): Shard {
  const match = typeof text === 'string' ? /^(\d+)\/(\d+)$/.exec(text) : null;
  const [, part = Number.NaN, parts = Number.NaN] = (match ?? []).map(Number);
  if (!(part >= 1 && part <= parts && parts <= MAX_PARTS)) {
    throw new OptionError('shard', `"i/n", i from 1 to n and n at most ${MAX_PARTS}`, text);
  }
  return { part, parts, by };
}

/** Whether a target is of the part. */
export function isOf({ part, parts, by }: Shard, target: Target): boolean {
  return partOf(target, parts, by) === part;
}

/** The part that a target is of, from 1. */
export function partOf(target: Target, parts: number, by: ShardBy): number {
  return parts === 1 ? 1 : (digest(by === 'host' ? hostOf(target) : target.url) % parts) + 1;
}

/**
 * As the URL standard writes it (lower case, punycode, addresses in one form), without its port: all that a host serves
 * stays together, so that limits per host hold over all machines. What is no URL goes by the whole line.
 */
function hostOf(target: Target): string {
  try {
    return parseUrl(target).hostname;
  } catch {
    return target.url;
  }
}

/**
 * The first 32 bits of the text's SHA-256 (of its UTF-8), big-endian: the same everywhere and for ever, and easy to have
 * in any other language. `printf %s "$host" | sha256sum | cut -c 1-8` shows them.
 */
function digest(text: string): number {
  // As hexadecimal text it takes Node a quarter of the time that it takes to make a buffer.
  return Number.parseInt(hash('sha256', text).slice(0, 8), 16);
}
