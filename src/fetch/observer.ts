import type { FetchFailure } from './errors.js';
import type { RequestKind } from './request-headers.js';
import type { ExchangeResult } from './transport.js';

/**
 * Who is told of each request of a run and of what comes of it, as it happens. `time` is milliseconds from the start of
 * the run, `index` the URL's place in the list; no `url` has credentials.
 */
export interface Observer {
  onRequest(time: number, index: number, kind: RequestKind, url: string): void;
  onExchange(time: number, index: number, exchange: ExchangeResult): void;
  /** Where the next request goes. */
  onRedirect(time: number, index: number, url: string): void;
  /**
   * The URL is tried again.
   *
   * @param wait in milliseconds, before that
   * @param reason why; `null` for a status that is in the answer
   */
  onRetry(time: number, index: number, wait: number, reason: FetchFailure | null): void;
}
