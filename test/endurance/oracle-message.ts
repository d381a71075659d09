/** What becomes of the connection behind the bytes of a reply. */
export type Ending = 'close' | 'open' | 'reset';

/** The bytes are no whole answer. */
export class NotWhole extends Error {}

/** A name in lower case, and its value. */
export type Field = readonly [name: string, value: string];

/** The values of a field, a line each. */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter((field) => field[0] === name).map(([, value]) => value);
}

/** The fields that frame a body. */
export const FRAMING = ['content-length', 'transfer-encoding'];

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** llhttp takes HTTP/0.9 and HTTP/2.0 for HTTP/1.1, and a reason that is missing or has control characters in it. */
const STATUS_LINE = /^HTTP\/(0\.9|1\.\d|2\.0) ([1-9]\d\d)(| [^\r\n]*)$/;
const PLAIN_STATUS_LINE = /^HTTP\/1\.[01] ... [\t\x20-\x7e\x80-\xff]*$/;
const FIELD_LINE = new RegExp(`^(${TOKEN}):([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const EXTENSION = `;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?`;
/** llhttp is not so strict with what stands in an extension, which nobody reads. */
const CHUNK_LINE = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[^\r\n]*)?$/;
const PLAIN_CHUNK_LINE = new RegExp(`^[0-9A-Fa-f]+(?:${EXTENSION})*$`);

/** Reads a message by the grammar of RFC 9112, with a byte a character. */
export class MessageReader {
  /** Bytes read. */
  at = 0;
  beyondDoubt = true;
  readonly #text: string;

  constructor(bytes: Buffer) {
    this.#text = bytes.toString('latin1');
  }

  get length(): number {
    return this.#text.length;
  }

  /** What was read may be taken for good and may be refused. */
  doubt(): void {
    this.beyondDoubt = false;
  }

  head(): { readonly status: number; readonly fields: readonly Field[] } {
    // What a server has to pass over before a request (section 2.2), llhttp passes over before a response too.
    const [empty = ''] = /^[\r\n]*/.exec(this.#text.slice(this.at)) ?? [];
    this.at += empty.length;
    const line = this.#line();
    const match = STATUS_LINE.exec(line);
    if (match === null) throw new NotWhole();
    if (empty !== '' || !PLAIN_STATUS_LINE.test(line)) this.doubt();
    const fields = this.#fields();
    // Faulty framing, says section 6.1; and yet to be processed.
    if (match[1] === '1.0' && valuesOf(fields, 'transfer-encoding').length > 0) this.doubt();
    const status = Number(match[2]);
    // An interim response has no body to be framed, and is not the last word on its connection.
    const framed = fields.some(([name]) => name === 'connection' || FRAMING.includes(name));
    if (status < 200 && (framed || match[1] !== '1.1')) this.doubt();
    return { status, fields };
  }

  take(count: number): Buffer {
    if (this.at + count > this.#text.length) throw new NotWhole();
    const part = this.#text.slice(this.at, this.at + count);
    this.at += count;
    return Buffer.from(part, 'latin1');
  }

  /** Only an orderly close is an end. */
  untilClose(ending: Ending): Buffer {
    if (ending !== 'close') throw new NotWhole();
    return this.take(this.#text.length - this.at);
  }

  /** A chunked body (section 7.1) with its trailers. */
  chunks(): Buffer {
    const chunks: Buffer[] = [];
    while (true) {
      const match = CHUNK_LINE.exec(this.#line());
      if (match === null) throw new NotWhole();
      if (!PLAIN_CHUNK_LINE.test(match[0])) this.doubt();
      const size = Number.parseInt(match[1] as string, 16);
      if (size === 0) break;
      chunks.push(this.take(size));
      if (this.#line() !== '') throw new NotWhole();
    }
    const trailers = this.#fields();
    // They must not be there (RFC 9110, section 6.5.1), and mean nothing.
    if (FRAMING.some((name) => valuesOf(trailers, name).length > 0)) this.doubt();
    return Buffer.concat(chunks);
  }

  /** Up to a CR LF, which alone ends a line. */
  #line(): string {
    const length = this.#text.slice(this.at).search(/[\r\n]/);
    const end = this.at + length;
    if (length === -1 || this.#text.slice(end, end + 2) !== '\r\n') throw new NotWhole();
    const line = this.#text.slice(this.at, end);
    this.at = end + 2;
    return line;
  }

  /** Field lines and the empty one behind them (section 5). */
  #fields(): Field[] {
    const fields: [string, string][] = [];
    for (let line = this.#line(); line !== ''; line = this.#line()) {
      const last = fields.at(-1);
      if (/^[ \t]/.test(line) && last !== undefined) {
        // A folded line, which a user agent has to read as one with a space (section 5.2).
        if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(line)) throw new NotWhole();
        last[1] = trim(`${last[1]} ${trim(line)}`);
        this.doubt();
        continue;
      }
      const match = FIELD_LINE.exec(line);
      if (match === null) throw new NotWhole();
      // undici keeps a tab behind a number, and takes it for a part of that.
      if (line.endsWith('\t')) this.doubt();
      fields.push([(match[1] as string).toLowerCase(), trim(match[2] as string)]);
    }
    return fields;
  }
}

/** Without the white space that HTTP knows. */
export function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}
