/** The time of a run, and its alarm. */
export interface Clock {
  /** Milliseconds from the start of the run. */
  readonly now: () => number;
  /** Milliseconds since the epoch: what a server's dates are held against. */
  readonly date: () => number;
  /** Calls back after so many milliseconds; gives a function that takes that back. */
  readonly after: (time: number, callback: () => void) => () => void;
}

/** A clock that starts now. */
export function startClock(): Clock {
  const origin = performance.now();
  return {
    now: () => performance.now() - origin,
    date: Date.now,
    after: (time, callback) => {
      const timer = setTimeout(callback, time);
      return () => clearTimeout(timer);
    },
  };
}
