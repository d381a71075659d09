import { decodedSize, parseList } from './oracle-codings.js';
import { type Ending, type Field, FRAMING, MessageReader, NotWhole, trim, valuesOf } from './oracle-message.js';

/** What a reply says, read from RFC 9112 and nothing else. */
export interface Reading {
  readonly status: number;
  readonly location: string | null;
  /** `null` if it is not whole, or cannot be decoded. */
  readonly body: { readonly encodedSize: number; readonly size: number } | null;
  /** How many of the bytes belong to it; what follows is stray. */
  readonly end: number;
  /** It leaves a careful recipient no ground to refuse it. */
  readonly beyondDoubt: boolean;
}

/** Reads the final response to a GET; `null` where there is none that can be trusted. */
export function readReply(bytes: Buffer, ending: Ending): Reading | null {
  const reader = new MessageReader(bytes);
  try {
    return readFinal(reader, ending);
  } catch (error) {
    if (error instanceof NotWhole) return null;
    throw error;
  }
}

function readFinal(reader: MessageReader, ending: Ending): Reading {
  while (true) {
    const { status, fields } = reader.head();
    // A switch of protocols, and the leave to send a body: neither was asked for.
    if (status === 100 || status === 101) throw new NotWhole();
    if (status < 200) continue;
    // A part is no answer to a request without a range.
    if (status === 206) throw new NotWhole();
    const location = valuesOf(fields, 'location')[0] || null;
    const reading = { status, location };
    const framing = framingOf(reader, status, fields);
    try {
      const body = framing(ending);
      const codings = [...parseList(valuesOf(fields, 'content-encoding')), ...transferCodings(fields)];
      const size = decodedSize(body, codings);
      return { ...reading, body: { encodedSize: body.length, size }, end: reader.at, beyondDoubt: reader.beyondDoubt };
    } catch (error) {
      if (!(error instanceof NotWhole)) throw error;
      return { ...reading, body: null, end: reader.length, beyondDoubt: false };
    }
  }
}

/** How the body is framed (RFC 9112, section 6.3): a function that reads it. */
function framingOf(reader: MessageReader, status: number, fields: readonly Field[]): (ending: Ending) => Buffer {
  if (status === 204 || status === 304) {
    // There is no body to be framed, so that what contradicts itself is nobody's harm.
    if (FRAMING.flatMap((name) => valuesOf(fields, name)).some((value, i) => i > 0 || !/^\d{1,15}$/.test(value)))
      reader.doubt();
    return () => Buffer.alloc(0);
  }
  const transfer = valuesOf(fields, 'transfer-encoding');
  const lengths = valuesOf(fields, 'content-length').flatMap((value) => value.split(',').map(trim));
  if (transfer.length > 0) {
    // Smuggling, or a mistake: a length that is one of two is in doubt.
    if (lengths.length > 0) throw new NotWhole();
    const codings = parseList(transfer);
    // An empty one, or none at all, may be one too many.
    if (codings.length < transfer.join().split(',').length) reader.doubt();
    const chunked = codings.indexOf('chunked');
    if (chunked === -1) return (ending) => reader.untilClose(ending);
    return () => {
      if (chunked !== codings.length - 1) throw new NotWhole();
      return reader.chunks();
    };
  }
  if (lengths.length > 0) {
    // Several that are the same may be taken for one (RFC 9110, section 8.6).
    if (lengths.length > 1) reader.doubt();
    const [length] = lengths as [string];
    if (!/^\d{1,15}$/.test(length) || lengths.some((other) => other !== length)) throw new NotWhole();
    return () => reader.take(Number(length));
  }
  return (ending) => reader.untilClose(ending);
}

function transferCodings(fields: readonly Field[]): string[] {
  return parseList(valuesOf(fields, 'transfer-encoding')).filter((coding) => coding !== 'chunked');
}
