// @ts-check
// Answers after as many milliseconds as the path says, in a process of its own: what it waits for no other holds up.
import { createServer } from 'node:http';
import process from 'node:process';
import { DELAYED_BODY } from './bodies.mjs';
import { portOf } from './running.mjs';

const server = createServer((request, response) => {
  const [, milliseconds] = /^\/(\d+)/.exec(request.url ?? '') ?? [];
  setTimeout(() => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': DELAYED_BODY.length }).end(DELAYED_BODY);
  }, Number(milliseconds));
});
// An idle connection that is closed just when it is used again would be the server's fault.
server.keepAliveTimeout = 600_000;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send?.({ port: portOf(server) }));
process.on('disconnect', () => process.exit());
