import { parseCodings } from './codings.js';

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

/** A head's fields as undici gives them: a name, its value, the next name. */
export type RawFields = readonly Buffer[];

/** The fields that are of use. */
interface Fields {
  'content-encoding': string | null;
  'content-length': string | null;
  'content-range': string | null;
  'content-type': string | null;
  location: string | null;
  'retry-after': string | null;
  'transfer-encoding': string | null;
}

const NO_FIELDS: Readonly<Fields> = {
  'content-encoding': null,
  'content-length': null,
  'content-range': null,
  'content-type': null,
  location: null,
  'retry-after': null,
  'transfer-encoding': null,
};

/** Of these several may be one list (RFC 9110, section 5.3); of the others the first counts. */
const LISTS: readonly string[] = ['content-encoding', 'content-length', 'content-type', 'transfer-encoding'];

/** By the length of their names: no two have the same. */
const BY_LENGTH: readonly (keyof Fields)[] = Object.keys(NO_FIELDS).reduce<(keyof Fields)[]>((names, name) => {
  names[name.length] = name as keyof Fields;
  return names;
}, []);

/** Reads a head. */
export function readHead(status: number, raw: RawFields): ResponseHead {
  const fields = readFields(raw);
  const bodyless = status === 204 || status === 304;
  const contentLength = decimal(fields['content-length']);
  const transferEncoding = fields['transfer-encoding'];
  const transfer = parseCodings(transferEncoding);
  // As strict as undici's parser, which reads to the end of the connection where it does not see this.
  const chunked = transferEncoding !== null && /(?:^|,) *chunked *$/i.test(transferEncoding);
  return {
    status,
    bodyless,
    closeDelimited: !bodyless && !chunked && contentLength === null,
    conflictingLengths: !bodyless && transferEncoding !== null && fields['content-length'] !== null,
    contentLength,
    contentType: fields['content-type'],
    contentEncoding: fields['content-encoding'],
    transferCodings: chunked ? transfer.slice(0, -1) : transfer,
    location: fields.location,
    rangeTotal: rangeTotal(fields['content-range']),
    retryAfter: fields['retry-after'],
  };
}

function readFields(raw: RawFields): Fields {
  const fields: Fields = { ...NO_FIELDS };
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const bytes = raw[i] as Buffer;
    const name = BY_LENGTH[bytes.length];
    if (name === undefined || !isName(bytes, name)) continue;
    const value = (raw[i + 1] as Buffer).toString('latin1');
    const before = fields[name];
    if (before === null) fields[name] = value;
    else if (LISTS.includes(name)) fields[name] = `${before}, ${value}`;
  }
  return fields;
}

/** Whether these bytes are this name, in any case. */
function isName(bytes: Buffer, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (((bytes[i] as number) | 0x20) !== name.charCodeAt(i)) return false;
  return true;
}

/** The bytes of a head's fields: undici's own limit leaves out what is between them. */
export function headSize(raw: RawFields): number {
  return raw.reduce((size, part) => size + part.length + 2, 0);
}

function rangeTotal(contentRange: string | null): number | null {
  return contentRange === null ? null : decimal(/^bytes [^/]*\/(\d+)$/i.exec(contentRange)?.[1] ?? null);
}

function decimal(text: string | null): number | null {
  if (text === null || !/^\d+$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
