import { parseCodings } from './decode.js';

/** RFC 9112 sets no limit on a response's head; more than this is no answer but an attack. */
export const MAX_HEAD_BYTES = 65_536;

/** What is of use in the head of a response. */
export interface ResponseHead {
  readonly status: number;
  /** 204 and 304 have no body, whatever their fields say. */
  readonly bodyless: boolean;
  /** The body has no declared end but that of the connection (RFC 9112, section 6.3). */
  readonly closeDelimited: boolean;
  /** A length besides a transfer coding, which undici refuses only if that is not empty (RFC 9112, section 6.3). */
  readonly conflictingLengths: boolean;
  readonly contentLength: number | null;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  /**
   * Transfer codings, in the order in which they were applied, without the `chunked` at their end, which undici undoes.
   * Another `chunked` than that is one that it has not undone.
   */
  readonly transferCodings: readonly string[];
  readonly location: string | null;
  /** The whole length that a `Content-Range` tells. */
  readonly rangeTotal: number | null;
  readonly retryAfter: string | null;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Reads a head. undici gives field values as Latin-1. */
export function readHead(status: number, headers: Headers): ResponseHead {
  const bodyless = status === 204 || status === 304;
  const contentLength = decimal(list(headers['content-length']));
  const transferEncoding = list(headers['transfer-encoding']);
  const transfer = parseCodings(transferEncoding);
  // As strict as undici's parser, which reads to the end of the connection where it does not see this.
  const chunked = transferEncoding !== null && /(?:^|,) *chunked *$/i.test(transferEncoding);
  return {
    status,
    bodyless,
    closeDelimited: !bodyless && !chunked && contentLength === null,
    conflictingLengths: !bodyless && transferEncoding !== null && headers['content-length'] !== undefined,
    contentLength,
    contentType: list(headers['content-type']),
    contentEncoding: list(headers['content-encoding']),
    transferCodings: chunked ? transfer.slice(0, -1) : transfer,
    location: first(headers['location']),
    rangeTotal: rangeTotal(first(headers['content-range'])),
    retryAfter: first(headers['retry-after']),
  };
}

/** The bytes of a head's fields: undici's own limit leaves out what is between them. */
export function headSize(headers: Headers): number {
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value ?? ''].flat()) size += name.length + one.length + ': \r\n'.length;
  }
  return size;
}

function list(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value.join(', ') : value) ?? null;
}

function first(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function rangeTotal(contentRange: string | null): number | null {
  return contentRange === null ? null : decimal(/^bytes [^/]*\/(\d+)$/i.exec(contentRange)?.[1] ?? null);
}

function decimal(text: string | null): number | null {
  if (text === null || !/^\d+$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
