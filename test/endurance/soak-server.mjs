// The servers of the soak test, in a process of their own: its memory and its sockets are not those of the test.
// JavaScript, because Node 20 starts no TypeScript.
import { createServer } from 'node:net';
import process from 'node:process';

/** @typedef {import('node:net').Socket} Socket */

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

/** The paths that were told to come again. */
const told = new Set();

/** @type {Record<string, (socket: Socket, path: string) => unknown>} */
const KINDS = {
  ok: (socket) => socket.write(OK),
  missing: (socket) => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone'),
  busy: (socket, path) => {
    if (told.delete(path)) return socket.write(OK);
    told.add(path);
    return socket.write('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy');
  },
  reset: (socket) => socket.resetAndDestroy(),
  truncated: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'),
  nonsense: (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
  broken: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello'),
  moved: (socket, path) => {
    if (path.endsWith('/there')) socket.write(OK);
    else socket.write(`HTTP/1.1 302 Found\r\nLocation: ${path}/there\r\nContent-Length: 0\r\n\r\n`);
  },
  loop: (socket, path) => socket.write(`HTTP/1.1 302 Found\r\nLocation: ${path}\r\nContent-Length: 0\r\n\r\n`),
  silent: () => {},
};

let open = 0;
let peak = 0;

/** @param {(socket: Socket, path: string) => unknown} answer */
async function listen(answer) {
  const server = createServer((socket) => {
    peak = Math.max(peak, ++open);
    let head = '';
    socket
      .setNoDelay(true)
      .on('data', (bytes) => {
        head += bytes.toString('latin1');
        if (!head.endsWith('\r\n\r\n')) return;
        const [, path = ''] = head.split(' ', 2);
        head = '';
        answer(socket, path);
      })
      .on('error', () => {})
      .once('close', () => open--);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** @type {Record<string, number>} */
const ports = {};
for (const [kind, answer] of Object.entries(KINDS)) ports[kind] = await listen(answer);
process.send?.(ports);
// Whoever asks is told how many connections are open, and were at most.
process.on('message', () => process.send?.({ open, peak }));
process.on('disconnect', () => process.exit());
