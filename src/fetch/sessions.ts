/** How many sessions are remembered; one is a few kilobytes. */
const MAX_SESSIONS = 256;

/** TLS sessions (RFC 8446, section 2.2) by their routes' keys: a further connection to a host is made sooner with one. */
export class Sessions {
  readonly #sessions = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.#sessions.get(key);
  }

  set(key: string, session: Buffer): void {
    // Behind all others, as the youngest.
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= MAX_SESSIONS) return;
    const [oldest = ''] = this.#sessions.keys();
    this.#sessions.delete(oldest);
  }
}
