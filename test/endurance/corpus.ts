import { MUTATIONS } from './mutations.js';
import { type Reading, readReply } from './oracle.js';
import type { Ending } from './oracle-message.js';
import { Random } from './random.js';
import { TARGET, validReplies } from './replies.js';

/** A reply as it is sent, and what the oracle reads in it. */
export interface Case {
  /** What it was made from, and how. */
  readonly name: string;
  readonly bytes: Buffer;
  /** A packet each. */
  readonly parts: readonly Buffer[];
  readonly ending: Ending;
  readonly reading: Reading | null;
  /** Sent as it should be. */
  readonly valid: boolean;
}

const REPLIES = validReplies();
const TEXTS = REPLIES.map(({ bytes }) => bytes.toString('latin1'));

const ENDINGS: readonly Ending[] = ['close', 'close', 'open', 'open', 'reset'];

/** How many replies remain as they are. */
const VALID = 0.1;

/** How many of those that leave the client waiting do so: each costs the whole timeout. */
const WAITING = 0.03;

/** Reply number `index` of `count`; the same seed gives the same. Half of the redirects lead to another one of them. */
export function makeCase(seed: number, index: number, count: number): Case {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  while (true) {
    const made = attempt(random, random.chance(0.5) ? TARGET : `/${random.below(count)}`);
    if (staysHere(made.bytes)) return made;
  }
}

function attempt(random: Random, target: string): Case {
  const base = random.pick(REPLIES);
  const valid = random.chance(VALID);
  let text = base.bytes.toString('latin1').replace(`Location: ${TARGET}`, `Location: ${target}`);
  const names = [base.name];
  if (!valid) {
    for (let count = random.pick([1, 1, 1, 2, 2, 3]); count > 0 && text !== ''; count--) {
      const name = random.pick(Object.keys(MUTATIONS));
      text = (MUTATIONS[name] as (typeof MUTATIONS)[string])(text, random, TEXTS);
      names.push(name);
    }
  }
  const bytes = Buffer.from(text, 'latin1');
  let ending = valid && base.ending === 'close' ? base.ending : random.pick(ENDINGS);
  if (ending === 'open' && readReply(bytes, 'open')?.body == null && !random.chance(WAITING)) ending = 'close';
  const reading = readReply(bytes, ending);
  return { name: names.join(', '), bytes, parts: split(random, bytes, reading), ending, reading, valid };
}

/**
 * Into a few packets, seldom into a byte each. What is stray stays with the end of the message: had it a packet of its
 * own, it could come when the next request is on its way, and no client could tell it from the answer to that.
 */
function split(random: Random, bytes: Buffer, reading: Reading | null): Buffer[] {
  const last = (reading?.body == null ? bytes.length : reading.end) - 1;
  const cuts = new Set<number>();
  if (last > 0 && last < 300 && random.chance(0.02)) for (let at = 1; at <= last; at++) cuts.add(at);
  else if (last > 0) for (let count = random.below(4); count > 0; count--) cuts.add(1 + random.below(last));
  const places = [0, ...[...cuts].toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

/** Whether it leads nowhere but to this server: no mutation may send a request to another machine. */
function staysHere(bytes: Buffer): boolean {
  const targets = bytes.toString('latin1').matchAll(/location\s*:\s*([^\r\n]*)/gi);
  const here = 'http://127.0.0.1:1';
  for (const [, target = ''] of targets) {
    if (!URL.canParse(target, here) || new URL(target, here).origin !== here) return false;
  }
  return true;
}
