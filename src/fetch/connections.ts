import type { Settings } from '../options.js';
import type { Clock } from '../pacing/clock.js';
import type { Sight } from '../sight.js';
import type { ConnectContext } from './connect.js';
import { Connection } from './connection.js';
import { Names } from './names.js';
import type { Route } from './routes.js';
import { Sessions } from './sessions.js';

/**
 * The connections of a run: those in use belong to their requests, the idle ones wait here by their routes' keys, as
 * long as another URL of their origin is in sight (a proxy's serves every origin); those that are closed wait to be made anew.
 */
export class Connections {
  readonly #settings: Settings;
  readonly #sight: Sight;
  readonly #context: ConnectContext;
  /** Only of keys that have one, or had when it was last asked for. */
  readonly #idle = new Map<string, Connection[]>();
  readonly #spare: Connection[] = [];
  #idleCount = 0;
  #inUse = 0;
  #over = false;

  constructor(settings: Settings, clock: Pick<Clock, 'now'>, sight: Sight) {
    this.#settings = settings;
    this.#sight = sight;
    this.#context = { settings, names: new Names(clock), sessions: new Sessions(), sight };
  }

  /** A connection for one request: an idle one, the latest used first, or with `fresh` always a new one. */
  acquire(route: Route, fresh = false): Connection {
    this.#inUse++;
    const idle = fresh ? undefined : this.#idle.get(route.key);
    for (let connection = idle?.pop(); connection !== undefined; connection = idle?.pop()) {
      this.#idleCount--;
      if (connection.open) {
        // A proxy's may have served another origin.
        connection.route = route;
        connection.state = 'busy';
        connection.reused = true;
        return connection;
      }
      this.#putAside(connection);
    }
    this.#dropSurplus();
    const connection = this.#spare.pop();
    if (connection === undefined) return new Connection(route, this.#context, this.#onClosed);
    connection.turnTo(route);
    return connection;
  }

  /**
   * Takes a connection back once its request is over.
   *
   * @param whole undici has seen the answer to its end: nothing of it is left
   * @param wanted another request to its origin will follow
   */
  release(connection: Connection, whole: boolean, wanted: boolean): void {
    this.#inUse--;
    connection.free();
    const { origin, key, toProxy } = connection.route;
    const needed = wanted || (toProxy ? this.#sight.more : this.#sight.has(origin));
    if (this.#over || !whole) {
      // undici keeps an aborted request in its queue, and would connect once more for it.
      connection.destroy();
    } else if (connection.open && needed) {
      this.#keep(connection);
      return;
    } else {
      this.#putAside(connection);
    }
    // The list may have become empty, and lists must not add up with the hosts seen.
    if (this.#idle.get(key)?.length === 0) this.#idle.delete(key);
  }

  /** Ends the idle connections, and those that are still in use when they are released. */
  close(): void {
    this.#over = true;
    for (const idle of this.#idle.values()) for (const connection of idle) connection.destroy();
    this.#idle.clear();
    this.#idleCount = 0;
  }

  #keep(connection: Connection): void {
    connection.state = 'idle';
    const { key } = connection.route;
    const idle = this.#idle.get(key);
    if (idle === undefined) this.#idle.set(key, [connection]);
    else idle.push(connection);
    this.#idleCount++;
    this.#dropSurplus();
  }

  #dropSurplus(): void {
    while (this.#idleCount > 0 && this.#inUse + this.#idleCount > this.#settings.maxConnections) this.#dropOldest();
  }

  #dropOldest(): void {
    for (const [key, idle] of this.#idle) {
      const connection = idle.shift();
      if (idle.length === 0) this.#idle.delete(key);
      if (connection === undefined) continue;
      this.#idleCount--;
      this.#putAside(connection);
      return;
    }
  }

  /** Closes it if that is still to do; then it may be made anew. */
  #putAside(connection: Connection): void {
    connection.state = 'closing';
    if (connection.closed) this.#onClosed(connection);
    else if (connection.open) connection.close();
  }

  readonly #onClosed = (connection: Connection): void => {
    if (connection.state !== 'closing') return;
    connection.state = 'spare';
    this.#spare.push(connection);
  };
}
