import type { Sight } from './sight.js';
import type { Target } from './types.js';

/**
 * The targets one batch after the other, each seen by `sight` before its turn. While a batch of more than one is worked
 * on the next is read: one that is alone says that nothing waits behind it.
 */
export async function* lookAhead(
  batches: AsyncIterable<readonly Target[]>,
  sight: Sight,
): AsyncGenerator<readonly Target[]> {
  const iterator = batches[Symbol.asyncIterator]();
  const read = async (): Promise<IteratorResult<readonly Target[]>> => {
    const result = await iterator.next();
    if (result.done) sight.end();
    else for (const { url } of result.value) sight.add(url);
    return result;
  };
  try {
    let next = read();
    while (true) {
      const { done, value: batch } = await next;
      if (done) return;
      if (batch.length > 1) {
        next = read();
        // Told when its turn comes.
        next.catch(() => {});
        yield batch;
      } else {
        yield batch;
        next = read();
      }
    }
  } finally {
    // Not awaited: a list may keep its reader waiting for ever. How it ends is nobody's concern any more.
    iterator.return?.().catch(() => {});
  }
}
