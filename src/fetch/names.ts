import dns from 'node:dns';
import type { Clock } from '../pacing/clock.js';

/** How long an answer is good, in milliseconds: a list's URLs of one host come close together. */
const LIFE = 30_000;

/** How many names are remembered. */
const MAX_NAMES = 4096;

/** Called with an error of `getaddrinfo`, or with the addresses in the order in which to try them. */
export type AddressesCallback = (error: Error | null, addresses: readonly string[]) => void;

/** What the system said of a name, or who waits until it says something. */
interface Entry {
  waiting: AddressesCallback[] | null;
  error: Error | null;
  addresses: readonly string[];
  /** In milliseconds from the start of the run. */
  expires: number;
}

/** The addresses of names, by the system's own means: what other programs resolve, this does too. */
export class Names {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Calls back at once if the answer is known; those who ask meanwhile share one look-up. */
  find(name: string, callback: AddressesCallback): void {
    const known = this.#entries.get(name);
    if (known?.waiting) known.waiting.push(callback);
    else if (known !== undefined && known.expires > this.#clock.now()) callback(known.error, known.addresses);
    else this.#lookUp(name, callback);
  }

  #lookUp(name: string, callback: AddressesCallback): void {
    const entry: Entry = { waiting: [callback], error: null, addresses: [], expires: 0 };
    // Behind all others, as the youngest.
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    if (this.#entries.size > MAX_NAMES) this.#forgetOldest();
    dns.lookup(name, { all: true }, (error, found) => {
      const waiting = entry.waiting ?? [];
      entry.waiting = null;
      entry.error = error;
      if (error === null) entry.addresses = byFamilyInTurn(found);
      // One that is said to be temporary is asked again.
      if (error?.code !== 'EAI_AGAIN') entry.expires = this.#clock.now() + LIFE;
      for (const tell of waiting) tell(entry.error, entry.addresses);
    });
  }

  #forgetOldest(): void {
    for (const [name, { waiting }] of this.#entries) {
      if (waiting !== null) continue;
      this.#entries.delete(name);
      return;
    }
  }
}

/** The system's order, but alternating between IPv6 and IPv4 (RFC 8305, section 4): one of them may be dead. */
function byFamilyInTurn(found: readonly dns.LookupAddress[]): string[] {
  const first = found.filter(({ family }) => family === found[0]?.family);
  const other = found.filter(({ family }) => family !== found[0]?.family);
  return found.flatMap((_, i) => [first[i], other[i]].flatMap((entry) => entry?.address ?? []));
}
