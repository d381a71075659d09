import * as zlib from 'node:zlib';
import { NotWhole, trim } from './oracle-message.js';

/** No body of the tests unfolds to more. */
const OPTIONS = { info: true, maxOutputLength: 10_000_000 };

type Undo = (bytes: Buffer, options: zlib.ZlibOptions) => Buffer;

/** A list of codings (RFC 9110, section 5.6.1), without those that code nothing. */
export function parseList(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(','))
    .map((coding) => trim(coding).toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity' && coding !== 'none');
}

/** How many bytes are left when the codings are undone, the last one first. */
export function decodedSize(body: Buffer, codings: readonly string[]): number {
  // There is nothing to undo.
  if (body.length === 0) return 0;
  return codings.reduceRight(undo, body).length;
}

function undo(bytes: Buffer, coding: string): Buffer {
  const decode = decoderOf(coding, bytes);
  if (decode === undefined) throw new NotWhole();
  let outcome: { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
  try {
    // With `info` zlib also tells how much of its input it has read.
    outcome = decode(bytes, OPTIONS) as unknown as typeof outcome;
  } catch {
    throw new NotWhole();
  }
  // Bytes behind the end of a coding may have been content.
  if (outcome.engine.bytesWritten !== bytes.length) throw new NotWhole();
  return outcome.buffer;
}

function decoderOf(coding: string, bytes: Buffer): Undo | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.gunzipSync;
    case 'deflate':
      return isWrapped(bytes) ? zlib.inflateSync : zlib.inflateRawSync;
    case 'br':
      return zlib.brotliDecompressSync as Undo;
    default:
      return undefined;
  }
}

/** Whether it begins with zlib's header (RFC 1950, section 2.2): deflate, and a check that 31 divides. */
function isWrapped(bytes: Buffer): boolean {
  const [method = 0, flags = 0] = bytes;
  return bytes.length >= 2 && (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}
