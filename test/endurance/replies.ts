import * as zlib from 'node:zlib';
import type { Ending } from './oracle-message.js';

/** A valid reply. */
export interface Reply {
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether the end of its connection is its own. */
  readonly ending: Ending;
}

/** Text that compresses, and has in it what a parser may take for framing. */
const TEXT = `hello, world\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n${'the quick brown fox '.repeat(8)}\r\n`;

const LONG = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * i) >> 7));

/** Where the redirects lead to. */
export const TARGET = '/there';

/** Valid replies of each framing. */
export function validReplies(): readonly Reply[] {
  return [
    reply('declared', ['Content-Length: 5', 'Content-Type: text/plain'], 'hello'),
    reply('of text like HTTP', [`Content-Length: ${TEXT.length}`], TEXT),
    reply('long', [`Content-Length: ${LONG.length}`], LONG),
    reply('empty', ['Content-Length: 0'], ''),
    reply('chunked', ['Transfer-Encoding: chunked'], chunked(TEXT, 50)),
    reply('chunked with extensions', ['transfer-encoding: Chunked'], chunked('hello, world', 5, ';a=b;c="d;\\"e"')),
    reply('chunked with trailers', ['Transfer-Encoding: chunked'], chunked('hello', 3, '', 'X-Sum: 1\r\nX-End: \r\n')),
    reply('ended by the close', ['Server: test'], TEXT, { ending: 'close' }),
    reply('ended by the close, told', ['Connection: close'], 'hello', { ending: 'close' }),
    reply('HTTP/1.0', [], 'hello', { ending: 'close', start: 'HTTP/1.0 200 OK' }),
    reply('HTTP/1.0, kept', ['Connection: keep-alive', 'Content-Length: 5'], 'hello', { start: 'HTTP/1.0 200 OK' }),
    reply('kept', ['Connection: Keep-Alive', 'Keep-Alive: timeout=5, max=100', 'Content-Length: 5'], 'hello'),
    ...coded('gzip', zlib.gzipSync(TEXT)),
    ...coded('deflate', zlib.deflateSync(TEXT)),
    ...coded('deflate', zlib.deflateRawSync(TEXT)),
    ...coded('br', zlib.brotliCompressSync(TEXT)),
    ...coded('gzip', Buffer.concat([zlib.gzipSync('hello'), zlib.gzipSync('world')])),
    ...coded('deflate, gzip', zlib.gzipSync(zlib.deflateSync(TEXT))),
    reply('transfer-coded', ['Transfer-Encoding: gzip, chunked'], chunked(zlib.gzipSync(TEXT), 30)),
    reply('transfer-coded, ended by the close', ['Transfer-Encoding: gzip'], zlib.gzipSync(TEXT), { ending: 'close' }),
    reply('204', ['X: y'], '', { start: 'HTTP/1.1 204 No Content' }),
    reply('304', ['Content-Length: 500', 'ETag: "x"'], '', { start: 'HTTP/1.1 304 Not Modified' }),
    reply('not found', ['Content-Length: 9'], 'not found', { start: 'HTTP/1.1 404 Not Found' }),
    reply('failed', ['Transfer-Encoding: chunked'], chunked('failed', 4), { start: 'HTTP/1.1 500 ' }),
    reply('behind a 103', ['Content-Length: 5'], 'hello', {
      start: 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK',
    }),
    reply('redirect', [`Location: ${TARGET}`, 'Content-Length: 5'], 'moved', { start: 'HTTP/1.1 302 Found' }),
    reply('chunked redirect', [`Location: ${TARGET}`, 'Transfer-Encoding: chunked'], chunked('moved', 2), {
      start: 'HTTP/1.1 308 Permanent Redirect',
    }),
  ];
}

/** An encoded body, declared and in chunks. */
function coded(coding: string, body: Buffer): Reply[] {
  const field = `Content-Encoding: ${coding}`;
  return [
    reply(`${coding}, declared`, [field, `Content-Length: ${body.length}`], body),
    reply(`${coding}, chunked`, [field, 'Transfer-Encoding: chunked'], chunked(body, 40)),
  ];
}

function reply(
  name: string,
  fields: readonly string[],
  body: string | Buffer,
  { start = 'HTTP/1.1 200 OK', ending = 'open' }: { readonly start?: string; readonly ending?: Ending } = {},
): Reply {
  const head = Buffer.from([start, ...fields, '', ''].join('\r\n'), 'latin1');
  return { name, bytes: Buffer.concat([head, Buffer.from(body)]), ending };
}

function chunked(body: string | Buffer, size: number, extension = '', trailers = ''): Buffer {
  const bytes = Buffer.from(body);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from(`0${extension}\r\n${trailers}\r\n`)]);
}
