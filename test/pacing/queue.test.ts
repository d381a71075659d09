import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Queue } from '../../src/pacing/queue.js';

test('gives back what it got, in its order, as an array would', () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: -3_000, max: 3_000 }), fc.constant('filter' as const)), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(steps, (given) => {
      const queue = new Queue<number>();
      let model: number[] = [];
      let next = 0;
      for (const step of given) {
        if (step === 'filter') {
          queue.filter((item) => item % 3 > 0);
          model = model.filter((item) => item % 3 > 0);
        } else {
          for (let i = 0; i < step; i++) queue.push(next + i);
          for (let i = 0; i < step; i++) model.push(next + i);
          next += Math.max(0, step);
          const shifted = Array.from({ length: Math.max(0, -step) }, () => queue.shift());
          const expected = model.splice(0, shifted.length);
          expect(shifted.filter((item) => item !== undefined)).toEqual(expected);
        }
        expect(queue.length).toBe(model.length);
      }
    }),
  );
});
