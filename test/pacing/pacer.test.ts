import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Holds } from '../../src/pacing/holds.js';
import { type Limits, Pacer, type Passenger } from '../../src/pacing/pacer.js';
import { FakeClock } from '../helpers/fake-clock.js';

const NONE: Limits = { perHost: null, interval: null, perHostInterval: null };
const A = 'http://a';
const B = 'http://b';
const C = 'http://c';

/** Comes by at once when it is called, if it is not told to dawdle. */
class Traveller implements Passenger {
  called = false;
  gone = false;
  /** When it started. */
  time: number | null = null;
  calls = 0;
  readonly #station: Station;
  readonly #dawdles: boolean;
  readonly host: string;
  readonly started: boolean;

  constructor(station: Station, host: string, { started = false, dawdles = false } = {}) {
    this.#station = station;
    this.host = host;
    this.started = started;
    this.#dawdles = dawdles;
  }

  onCalled(): void {
    this.calls++;
    if (!this.#dawdles) this.#station.due.push(this);
  }

  enter(): this {
    if (this.#station.pacer.enter(this.host, this)) this.time = this.#station.clock.now();
    return this;
  }

  leave(): void {
    this.#station.pacer.leave(this.host);
    this.#station.board();
  }

  cancel(): void {
    this.gone = true;
    this.#station.pacer.cancel(this.host, this);
    this.#station.board();
  }
}

class Station {
  readonly clock = new FakeClock();
  readonly holds = new Holds();
  readonly pacer: Pacer;
  readonly due: Traveller[] = [];

  constructor(limits: Partial<Limits>) {
    this.pacer = new Pacer({ ...NONE, ...limits }, this.clock, this.holds);
  }

  /** Whoever was called comes by, later than in the call, as a slot would have it. */
  board(): void {
    for (let next = this.due.shift(); next !== undefined; next = this.due.shift()) if (!next.gone) next.enter();
  }

  ring(): void {
    this.clock.ring();
    this.board();
  }

  enter(host: string, manner = {}): Traveller {
    return new Traveller(this, host, manner).enter();
  }
}

const times = (travellers: readonly Traveller[]): (number | null)[] => travellers.map(({ time }) => time);

test('without limits everybody starts, and nothing is kept', () => {
  const station = new Station({});
  const all = Array.from({ length: 100 }, () => station.enter(A));
  expect(times(all)).toEqual(Array(100).fill(0));
  expect(station.pacer.size).toBe(0);
});

describe('a limit of a host', () => {
  test('lets so many start, and the next as soon as one leaves, in their order', () => {
    const station = new Station({ perHost: 2 });
    const all = Array.from({ length: 5 }, () => station.enter(A));
    expect(times(all)).toEqual([0, 0, null, null, null]);
    all[1]?.leave();
    expect(times(all)).toEqual([0, 0, 0, null, null]);
    all[0]?.leave();
    all[2]?.leave();
    expect(times(all)).toEqual([0, 0, 0, 0, 0]);
    expect(station.clock.due).toEqual([]);
  });

  test('is no other host’s', () => {
    const station = new Station({ perHost: 1 });
    const all = [A, A, B, B, C].map((host) => station.enter(host));
    expect(times(all)).toEqual([0, null, 0, null, 0]);
  });

  test('counts who was called and has not come by yet', () => {
    const station = new Station({ perHost: 1 });
    const first = station.enter(A);
    const slow = station.enter(A, { dawdles: true });
    const last = station.enter(A);
    first.leave();
    expect([slow.called, slow.time]).toEqual([true, null]);
    expect(station.enter(A).time).toBeNull();
    slow.enter();
    slow.leave();
    expect(last.time).toBe(0);
  });

  test('lets those go first whose time is running', () => {
    const station = new Station({ perHost: 1 });
    const first = station.enter(A);
    const fresh = [station.enter(A), station.enter(A)];
    const started = [station.enter(A, { started: true }), station.enter(A, { started: true })];
    first.leave();
    expect(times([...started, ...fresh])).toEqual([0, null, null, null]);
    started[0]?.leave();
    expect(times([...started, ...fresh])).toEqual([0, 0, null, null]);
    started[1]?.leave();
    expect(times([...started, ...fresh])).toEqual([0, 0, 0, null]);
  });

  test('passes over 100,000 that are gone without a call for each', () => {
    const station = new Station({ perHost: 1 });
    const first = station.enter(A);
    const all = Array.from({ length: 100_000 }, () => station.enter(A));
    const last = station.enter(A);
    // Gone without a word: nobody told the pacer.
    for (const one of all) one.gone = true;
    first.leave();
    expect(last.time).toBe(0);
  });

  test('that frees many at once calls all of them', () => {
    const station = new Station({ perHost: 20_000 });
    station.holds.hold(A, 1_000, 0);
    const all = Array.from({ length: 20_001 }, () => station.enter(A));
    station.ring();
    expect(all.filter(({ time }) => time === 1_000)).toHaveLength(20_000);
    expect(all.at(-1)?.time).toBeNull();
  });
});

describe.each([
  ['a rate in all', { interval: 200 }, [0, 200, 400, 600]],
  ['a rate of each host', { perHostInterval: 200 }, [0, 200, 0, 200]],
  ['both', { interval: 150, perHostInterval: 400 }, [0, 400, 150, 550]],
])('%s', (_, limits, expected) => {
  test('spreads the starts evenly', () => {
    const station = new Station(limits);
    const all = [A, A, B, B].map((host) => station.enter(host));
    while (all.some(({ time }) => time === null)) station.ring();
    const sorted = times(all).toSorted((a, b) => Number(a) - Number(b));
    expect(sorted).toEqual(expected.toSorted((a, b) => a - b));
    expect(station.clock.due).toEqual([]);
  });

  test('counts from when a late one comes by', () => {
    const station = new Station(limits);
    station.enter(A);
    const late = station.enter(A, { dawdles: true });
    const next = station.enter(A);
    while (!late.called) station.ring();
    // Time goes on without it.
    station.clock.after(10_000, () => {});
    while (station.clock.due.length > 0) station.ring();
    expect(next.time).toBeNull();
    late.enter();
    const step = Math.max(...Object.values(limits));
    while (next.time === null) station.ring();
    expect(next.time).toBe((late.time as number) + step);
  });

  test('goes on if who is called does not want to start any more', () => {
    const station = new Station(limits);
    station.enter(A);
    const quitter = station.enter(A, { dawdles: true });
    const next = station.enter(A);
    while (!quitter.called) station.ring();
    quitter.cancel();
    expect(next.time).toBe(station.clock.now());
  });
});

test('a rate in all goes round among the hosts, first those whose time is running', () => {
  const station = new Station({ interval: 100 });
  station.enter(A);
  const all = [A, A, A, B, C, B].map((host) => station.enter(host));
  const started = station.enter(C, { started: true });
  while ([...all, started].some(({ time }) => time === null)) station.ring();
  expect(started.time).toBe(100);
  expect(times(all)).toEqual([200, 500, 700, 300, 400, 600]);
});

describe('a host that is held', () => {
  test('stays so, wastes nothing of a common rate and goes on afterwards', () => {
    const station = new Station({ interval: 100 });
    station.enter(A);
    const held = station.enter(A);
    const others = Array.from({ length: 5 }, () => station.enter(B));
    // It stands in line already when it asks for time.
    station.holds.hold(A, 350, 0);
    while (station.clock.due.length > 0) station.ring();
    // It stands in line again from 350 on, behind the other.
    expect(held.time).toBe(500);
    expect(times(others)).toEqual([100, 200, 300, 400, 600]);
  });

  test('is waited for anew if it asks for more time meanwhile', () => {
    const station = new Station({ perHost: 1 });
    station.holds.hold(A, 100, 0);
    const held = station.enter(A);
    station.holds.hold(A, 300, 0);
    station.ring();
    expect(station.clock.due).toEqual([300]);
    station.ring();
    expect(held.time).toBe(300);
  });

  test('calls all for whom there is room when its alarm is late', () => {
    const station = new Station({ perHost: 2 });
    // Rings at the same time, but before the pacer’s own alarm.
    station.clock.after(100, () => {
      // Not called while it comes: it would take that for nothing.
      expect(last.enter().time).toBe(100);
    });
    station.holds.hold(A, 100, 0);
    const first = station.enter(A);
    const last = new Traveller(station, A);
    station.ring();
    expect(times([first, last])).toEqual([100, 100]);
  });
});

test('closed, it leaves no alarm behind and calls nobody', () => {
  const station = new Station({ perHost: 1, interval: 100, perHostInterval: 300 });
  const all = [A, A, B, B].map((host) => station.enter(host));
  expect(station.clock.due.length).toBeGreaterThan(0);
  station.pacer.close();
  expect(station.clock.due).toEqual([]);
  all[0]?.leave();
  expect(times(all)).toEqual([0, null, null, null]);
  expect(station.clock.due).toEqual([]);
});

test.each<[string, Partial<Limits>]>([
  ['a limit', { perHost: 1 }],
  ['a rate of each', { perHostInterval: 50 }],
])('hosts that are gone are forgotten, with %s', (_, limits) => {
  const station = new Station(limits);
  for (let i = 0; i < 20_000; i++) {
    station.enter(`http://${i}`).leave();
    station.clock.after(1, () => {});
    station.ring();
  }
  expect(station.pacer.size).toBeLessThanOrEqual(1024);
});

test('those that are gone do not add up in the queue of a host that is never free', () => {
  const station = new Station({ perHost: 1 });
  station.enter(A);
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heapUsed = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = heapUsed();
  for (let i = 0; i < 100_000; i++) station.enter(A, { started: i % 2 === 0 }).cancel();
  expect((heapUsed() - before) / 1e6).toBeLessThan(1);
  expect(station.pacer.size).toBe(1);
});

describe('whatever comes', () => {
  const limits = fc.record({
    perHost: fc.option(fc.integer({ min: 1, max: 3 })),
    interval: fc.option(fc.constantFrom(10, 25, 100)),
    perHostInterval: fc.option(fc.constantFrom(10, 40, 170)),
  });
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constant('enter' as const),
        host: fc.constantFrom(A, B, C),
        started: fc.boolean(),
        dawdles: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ act: fc.constant('leave' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('cancel' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('come' as const), which: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ act: fc.constant('ring' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('hold' as const),
        host: fc.constantFrom(A, B, C),
        time: fc.integer({ min: 1, max: 300 }),
      }),
    },
  );

  test('no limit is passed, nobody is stuck, nothing is left behind', () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 120 }), (given, steps) => {
        const station = new Station(given);
        const { clock, holds } = station;
        const waiting = new Set<Traveller>();
        const flying = new Set<Traveller>();
        let last = Number.NEGATIVE_INFINITY;
        const lastOf = new Map<string, number>();
        /** Looks at who has started since, and whether they were allowed to. */
        const look = (): void => {
          for (const one of waiting) {
            if (one.time === null) continue;
            waiting.delete(one);
            flying.add(one);
            const count = [...flying].filter(({ host }) => host === one.host).length;
            expect(count).toBeLessThanOrEqual(given.perHost ?? Number.POSITIVE_INFINITY);
            expect(one.time - last).toBeGreaterThanOrEqual(given.interval ?? 0);
            expect(one.time - (lastOf.get(one.host) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
              given.perHostInterval ?? 0,
            );
            last = one.time;
            lastOf.set(one.host, one.time);
          }
          // Whoever could start now has been called, unless one who was called before is in the way.
          for (const host of [A, B, C]) {
            const here = [...waiting].filter((one) => one.host === host);
            const called = here.filter((one) => one.called).length;
            const calledInAll = [...waiting].filter((one) => one.called).length;
            if (here.length === called) continue;
            const inFlight = [...flying].filter((one) => one.host === host).length;
            const free =
              (given.perHost === null || inFlight + called < given.perHost) &&
              (given.interval === null || (calledInAll === 0 && clock.now() >= last + given.interval)) &&
              (given.perHostInterval === null ||
                (called === 0 && clock.now() >= (lastOf.get(host) ?? 0) + given.perHostInterval)) &&
              clock.now() >= holds.until(host);
            expect(free).toBe(false);
          }
        };
        const pick = (from: Iterable<Traveller>, which: number): Traveller | undefined => {
          const all = [...from];
          return all[which % all.length];
        };
        for (const one of steps) {
          if (one.act === 'enter') {
            const traveller = new Traveller(station, one.host, one);
            waiting.add(traveller);
            traveller.enter();
            station.board();
          } else if (one.act === 'leave') {
            const traveller = pick(flying, one.which);
            if (traveller === undefined) continue;
            flying.delete(traveller);
            traveller.leave();
          } else if (one.act === 'cancel') {
            const traveller = pick(waiting, one.which);
            if (traveller === undefined) continue;
            waiting.delete(traveller);
            traveller.cancel();
          } else if (one.act === 'come') {
            const called = [...waiting].filter((traveller) => traveller.called);
            // Flights look whether their host is held before they come by.
            const traveller = pick(
              called.filter(({ host }) => holds.until(host) <= clock.now()),
              one.which,
            );
            traveller?.enter();
            station.board();
          } else if (one.act === 'hold') {
            holds.hold(one.host, clock.now() + one.time, clock.now());
          } else if (clock.due.length > 0) {
            station.ring();
          }
          look();
        }
        // Everybody who waits gets there in the end.
        for (let turns = 0; waiting.size + flying.size > 0; turns++) {
          expect(turns).toBeLessThan(2_000);
          for (const one of waiting) if (one.called) one.enter();
          station.board();
          look();
          const done = pick(flying, 0);
          if (done !== undefined) {
            flying.delete(done);
            done.leave();
          } else if (clock.due.length > 0) {
            station.ring();
          }
          look();
        }
        // Once their rates allow the next, hosts are nothing but names.
        if (given.perHostInterval === null) {
          while (clock.due.length > 0) station.ring();
          expect(station.pacer.size).toBe(0);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
