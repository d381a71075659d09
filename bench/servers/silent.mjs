// @ts-check
// Accepts on every address of loopback, and never answers.
import { createServer } from 'node:net';
import process from 'node:process';
import { portOf } from './running.mjs';

const server = createServer((socket) => {
  socket.on('error', () => {}).resume();
  if (!socket.remoteAddress?.startsWith('127.')) socket.destroy();
});
server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => process.send?.({ port: portOf(server) }));
process.on('disconnect', () => process.exit());
