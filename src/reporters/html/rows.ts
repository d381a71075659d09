import type { PageRow } from './wire.js';

export type State = PageRow[2];

/** A row, its places named again. Times are milliseconds from the start of the run. */
export interface Row {
  readonly index: number;
  readonly url: string;
  readonly state: State;
  readonly status: number | null;
  readonly length: number | null;
  readonly contentType: string | null;
  readonly redirects: number;
  readonly attempts: number;
  /** When it started, when its last request was written, when the answer began, when it was over: never backwards. */
  readonly start: number;
  readonly request: number;
  readonly response: number;
  readonly end: number;
  readonly error: string | null;
}

/** Where a time is unknown, the phase before it lasted to the end. */
export function named(row: PageRow): Row {
  const [
    index,
    url,
    state,
    status,
    length,
    contentType,
    redirects,
    attempts,
    start,
    request,
    response,
    duration,
    error,
  ] = row;
  const end = start + duration;
  const requested = Math.min(Math.max(request ?? end, start), end);
  const answered = Math.min(Math.max(response ?? end, requested), end);
  return {
    index,
    url,
    state,
    status,
    length,
    contentType,
    redirects,
    attempts,
    start,
    request: requested,
    response: answered,
    end,
    error,
  };
}

export type Phase = 'before' | 'waiting' | 'receiving';

export const PHASES: readonly Phase[] = ['before', 'waiting', 'receiving'];

/** When a phase of a row began and ended. */
export function bounds(row: Row, phase: Phase): readonly [from: number, to: number] {
  if (phase === 'before') return [row.start, row.request];
  return phase === 'waiting' ? [row.request, row.response] : [row.response, row.end];
}
