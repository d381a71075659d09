// @ts-check
// Node's sockets and nothing above them: what a connection for each URL costs at least. It reads only answers with a
// Content-Length or none, and decodes nothing.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import process from 'node:process';
import tls from 'node:tls';
import { arguments_ } from './arguments.mjs';

Error.stackTraceLimit = 0;

const HEAD_END = '\r\n\r\n';
const secureContext = tls.createSecureContext();
// One for all: what is in it is only counted, before anything else is read.
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

const urls = readFileSync(arguments_.list, 'latin1').trimEnd().split('\n');
let next = 0;
let out = '';

function slot() {
  const url = urls[next++];
  if (url !== undefined) fetchLength(url, slot);
}

/**
 * @param {string} url
 * @param {() => void} done
 */
function fetchLength(url, done) {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  let received = 0;
  let headLength = 0;
  let declared = -1;
  let head = '';
  const socket = protocol === 'https:' ? secure(hostname, port, count) : plain(hostname, port, count);
  socket.on('error', fail);
  socket.on('close', () => {
    if (headLength === 0 || (declared !== -1 && received !== headLength + declared)) fail(new Error('cut short'));
    out += `${received - headLength} ${url}\n`;
    done();
  });
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`);

  /**
   * @param {number} bytes
   * @param {Uint8Array} chunk
   */
  function count(bytes, chunk) {
    received += bytes;
    if (headLength > 0) return true;
    head += Buffer.from(chunk.buffer, chunk.byteOffset, bytes).toString('latin1');
    const end = head.indexOf(HEAD_END);
    if (end === -1) return true;
    headLength = end + HEAD_END.length;
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, headLength)) ?? [];
    if (length !== undefined) declared = Number(length);
    return true;
  }
}

/**
 * @param {string} host
 * @param {string} port
 * @param {(bytes: number, chunk: Uint8Array) => boolean} count
 * @returns {net.Socket}
 */
function plain(host, port, count) {
  return net.connect({ host, port: Number(port), onread: { buffer, callback: count } });
}

/**
 * @param {string} host
 * @param {string} port
 * @param {(bytes: number, chunk: Uint8Array) => boolean} count
 * @returns {net.Socket}
 */
function secure(host, port, count) {
  const socket = tls.connect({ host, port: Number(port), secureContext, rejectUnauthorized: false });
  return socket.on('data', (chunk) => count(chunk.length, chunk));
}

/** @param {Error} error */
function fail(error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

for (let i = 0; i < arguments_.concurrency; i++) slot();
process.on('exit', () => process.stdout.write(out));
