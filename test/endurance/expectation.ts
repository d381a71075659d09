import type { Case } from './corpus.js';

/** What a URL must come to, by the oracle. */
export interface Expectation {
  /** `null` if there is no whole answer. */
  readonly answer: {
    readonly status: number;
    readonly size: number;
    readonly encodedSize: number;
    readonly redirects: number;
  } | null;
  /** Nothing stands in the way of that answer: the row has to have it. */
  readonly demanded: boolean;
  /** Something on the way is not whole on a connection that stays open. */
  readonly mayWait: boolean;
}

const REDIRECTS = [300, 301, 302, 303, 307, 308];

/** What is found where there is no case. */
export const ELSEWHERE = 'there';

/** Follows redirects as a client does. */
export function expectationOf(caseAt: (path: string) => Case | null, first: string, maxRedirects: number): Expectation {
  let demanded = true;
  let mayWait = false;
  let path = first;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const found = caseAt(path);
    if (found === null) {
      const size = ELSEWHERE.length;
      return { answer: { status: 200, size, encodedSize: size, redirects }, demanded, mayWait };
    }
    const { reading, ending } = found;
    // A reset may overtake what was sent before it.
    demanded &&= reading?.beyondDoubt === true && ending !== 'reset';
    mayWait ||= ending === 'open' && !reading?.beyondDoubt;
    if (reading === null) break;
    const { status, location, body } = reading;
    if (location === null || !REDIRECTS.includes(status)) {
      return {
        answer: body && { status, size: body.size, encodedSize: body.encodedSize, redirects },
        demanded,
        mayWait,
      };
    }
    const target = new URL(location, `http://host${path}`);
    path = target.pathname + target.search;
  }
  return { answer: null, demanded: false, mayWait };
}
