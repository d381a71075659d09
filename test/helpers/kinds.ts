import { gzipSync } from 'node:zlib';
import { type RawServer, rawServer, response } from './raw-server.js';

/** 20,000 bytes; how many of them come is zlib's business. */
export const GZIPPED: Buffer = gzipSync('x'.repeat(20_000));

/** A server with a path for each kind of answer, and the URLs of all that can become of one. */
export async function everyKind(): Promise<{ readonly server: RawServer; readonly urls: readonly string[] }> {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const answers: Readonly<Record<string, string | Buffer>> = {
    ok: response('x'.repeat(5_000), ['Content-Type: text/html; charset=utf-8']),
    gzip: response(GZIPPED, ['Content-Encoding: gzip', 'Content-Type: text/plain']),
    chunked: `${chunked}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`,
    empty: 'HTTP/1.1 204 No Content\r\n\r\n',
    missing: response('not found', ['Content-Type: text/plain'], '404 Not Found'),
    moved: response('', ['Location: /ok'], '302 Found'),
    lost: response('', ['Location: http://127.0.0.1:1/'], '302 Found'),
  };
  const server = await rawServer((socket, request) => {
    const name = /^\w+ \/(\w+)/.exec(request)?.[1] ?? '';
    if (name === 'truncated') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello');
    else socket.write(answers[name] as Buffer);
  });
  const { origin } = server;
  return {
    server,
    urls: [
      ...Object.keys(answers).map((name) => `${origin}/${name}`),
      `${origin}/truncated`,
      `${origin.replace('//', '//me:s3cret@')}/ok?q=a%20b&r#part`,
      'http://127.0.0.1:1/refused',
      'me:s3cret@host',
    ],
  };
}
