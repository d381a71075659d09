import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { BIN } from '../helpers/cli.js';
import { rawServer, response } from '../helpers/raw-server.js';

/** What the built command, which alone has threads, tells on standard error. */
async function messages(...argv: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, '-v', ...argv], (_error, _stdout, stderr) => resolve(stderr));
  });
}

/** Times and waits are those of the machine; what is left is told. */
const timeless = (text: string): string[] =>
  text
    .split('\n')
    .map((line) =>
      line
        .replace(/\d+\.\d ms/g, '# ms')
        .replace(/in \d\.\d\d s/, 'in # s')
        .trim(),
    )
    .filter((line) => line !== '');

describe.each([['one thread'], ['worker threads', '--threads', '2']])('--verbose, %s', (_, ...threads) => {
  const verbose = async (...argv: string[]): Promise<string[]> => {
    const stderr = await messages(...threads, ...argv);
    expect(stderr).toMatch(/^ +\d+\.\d ms \[0\] > /);
    return timeless(stderr);
  };

  test('tells of a request and its answer', async () => {
    const { origin } = await rawServer(response('hello'));
    expect(await verbose(`${origin}/a?b`)).toEqual([`# ms [0] > GET ${origin}/a?b`, '# ms [0] < 200, 5 bytes, # ms']);
  });

  test('tells of redirects', async () => {
    const { origin } = await rawServer((socket, request) => {
      if (request.startsWith('GET /there')) socket.write(response('hello'));
      else socket.write(response('', ['Location: /there#part'], '302 Found'));
    });
    expect(await verbose(`${origin}/here`)).toEqual([
      `# ms [0] > GET ${origin}/here`,
      '# ms [0] < 302, # ms',
      `# ms [0] redirect to ${origin}/there`,
      `# ms [0] > GET ${origin}/there`,
      '# ms [0] < 200, 5 bytes, # ms',
    ]);
  });

  test('tells of retries, and why', async () => {
    // The port of tcpmux, which nobody has.
    const origin = 'http://127.0.0.1:1';
    const refused = 'connect ECONNREFUSED: connection refused: 127.0.0.1:1';
    expect(await verbose('--retry', '1', origin)).toEqual([
      `# ms [0] > GET ${origin}/`,
      `# ms [0] < ${refused}`,
      `# ms [0] retry in # s: ${refused}`,
      `# ms [0] > GET ${origin}/`,
      `# ms [0] < ${refused}`,
    ]);
    const busy = await rawServer(response('', ['Retry-After: 0'], '503 Service Unavailable'));
    expect(await verbose('--retry', '1', busy.origin)).toEqual([
      `# ms [0] > GET ${busy.origin}/`,
      '# ms [0] < 503, 0 bytes, # ms',
      '# ms [0] retry in # s',
      `# ms [0] > GET ${busy.origin}/`,
      '# ms [0] < 503, 0 bytes, # ms',
    ]);
  });

  test('tells how --head asks', async () => {
    const { origin } = await rawServer((socket, request) => {
      if (request.startsWith('HEAD')) socket.write('HTTP/1.1 405 Not Allowed\r\nContent-Length: 0\r\n\r\n');
      else socket.write('HTTP/1.1 206 Part\r\nContent-Range: bytes 0-0/9\r\nContent-Length: 1\r\n\r\nx');
    });
    expect(await verbose('--head', origin)).toEqual([
      `# ms [0] > HEAD ${origin}/`,
      '# ms [0] < 405, # ms',
      `# ms [0] > GET (one byte) ${origin}/`,
      '# ms [0] < 206, # ms',
    ]);
  });

  test('tells no secret', async () => {
    const server = await rawServer((socket, request) => {
      const location = 'Location: http://you:s3cret2@127.0.0.1:1/x y';
      if (request.includes(' /bad')) socket.write(response('', ['Location: ftp://you:s3cret2@host/'], '302 Found'));
      else socket.write(response('', [location, 'Set-Cookie: s3cret4'], '302 Found'));
    });
    const { host } = new URL(server.origin);
    for (const path of ['', 'bad']) {
      const lines = await verbose(
        '-HCookie: s3cret3',
        '-HAuthorization: s3cret5',
        '--retry=0',
        `http://me:s3cret1@${host}/${path}`,
      );
      expect(server.requests.at(-1)).toContain('s3cret3');
      expect(lines[0]).toBe(`# ms [0] > GET http://${host}/${path}`);
      expect(lines.join('\n')).not.toMatch(/s3cret|bWU6/);
    }
  });

  test('shows what a terminal would obey', async () => {
    const { origin } = await rawServer('HTTP/1.1 200 \x1b]0;title\x07\r\nBad\x1b[2J Header: \x9b\r\n\r\n');
    const stderr = await messages(...threads, '--retry', '0', `${origin}/`);
    expect(stderr).toMatch(/ < protocol: /);
    expect(stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

test('--verbose tells the runs of a comparison apart', async () => {
  const { origin } = await rawServer(response('hello'));
  const stderr = await messages('--compare', `${origin}/`);
  expect(timeless(stderr).map((line) => line.replace(/ +/g, ' '))).toEqual([
    `sequential # ms [0] > GET ${origin}/`,
    'sequential # ms [0] < 200, 5 bytes, # ms',
    `concurrent # ms [0] > GET ${origin}/`,
    'concurrent # ms [0] < 200, 5 bytes, # ms',
  ]);
});
