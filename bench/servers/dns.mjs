// @ts-check
// A name server: every name has 127.0.0.1 and no IPv6 address, which it tells after a while.
// Arguments: the address to listen at, and how long an answer takes in milliseconds.
import { createSocket } from 'node:dgram';
import process from 'node:process';

const [address = '', milliseconds = '0'] = process.argv.slice(2);

const PORT = 53;
const HEADER_LENGTH = 12;
const TYPE_A = 1;

/** Response, recursion desired and available, no error. */
const FLAGS = 0x8180;

/** The name by a pointer to the question, A, IN, a minute, four bytes. */
const ANSWER = Buffer.from([0xc0, HEADER_LENGTH, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);

/**
 * @param {Buffer} query
 * @returns {Buffer}
 */
function answerTo(query) {
  let end = HEADER_LENGTH;
  while (query.readUInt8(end) !== 0) end += query.readUInt8(end) + 1;
  const type = query.readUInt16BE(end + 1);
  const question = query.subarray(HEADER_LENGTH, end + 5);
  const answers = type === TYPE_A ? [ANSWER] : [];
  const header = Buffer.alloc(HEADER_LENGTH);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  return Buffer.concat([header, question, ...answers]);
}

const socket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
socket.on('message', (query, { port, address: host }) => {
  setTimeout(() => socket.send(answerTo(query), port, host), Number(milliseconds));
});
socket.on('error', ({ message }) => process.send?.({ problem: message }));
socket.bind(PORT, address, () => process.send?.({ port: PORT }));
process.on('disconnect', () => process.exit());
