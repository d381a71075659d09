import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { FetchResult } from '../../src/types.js';
import { fixture, response } from './raw-server.js';

/** The `Cookie` that every URL's own origin gets, and nobody else. */
export const COOKIE = 'own=1';

/** What a host does to each of its URLs, or to the first request of each. */
const KINDS = [
  'length',
  'length and close',
  'chunks',
  'gzip',
  'until close',
  'large',
  'not found',
  'redirect',
  'stray answer',
  'stray bytes later',
  'reset after the answer',
  'end after the answer',
  'reset before the head, once',
  'reset in the body, once',
  'busy, once',
  'reset before the head',
  'reset in the body',
  'end at once',
  'refused',
  'late',
  'hang',
] as const;

type Kind = (typeof KINDS)[number];

/** A port that nobody listens on, and that no program is given that asks for a free one. */
const REFUSING = 1;

/** Few hosts are as slow as that: each takes a whole timeout. */
const SLOW: readonly Kind[] = ['late', 'hang'];

const FAILURES: Partial<Record<Kind, string>> = {
  'reset before the head': 'reset',
  'end at once': 'reset',
  'reset in the body': 'truncated',
  refused: 'connect',
  hang: 'timeout',
};

/** Hosts that are all one server, which knows them by the address that it is called at: 127.0.0.0/8 is one machine. */
export interface HostServer {
  /** What was wrong with the requests that came. */
  readonly wrong: readonly string[];
  /** Requests so far. */
  readonly requests: number;
  readonly connections: number;
  /** Most connections that were open at once. */
  readonly peak: number;
  /** The n-th URL of a list, one of the host's. */
  url(host: number, n: number): string;
  /** What is wrong with a row; `null` if nothing is. */
  wrongWith(row: FetchResult): string | null;
  /** Resolves once no connection is open. */
  allClosed(): Promise<void>;
}

export interface HostServerOptions {
  readonly seed: number;
  readonly hosts: number;
  /** Of a URL, in milliseconds. */
  readonly timeout: number;
  /** One host in so many is slow. */
  readonly slow: number;
  readonly tls?: boolean;
}

export async function hostServer(options: HostServerOptions): Promise<HostServer> {
  const { seed, hosts, timeout, slow, tls = false } = options;
  const scheme = tls ? 'https' : 'http';
  const secureContext = createSecureContext({ cert: fixture('localhost.pem'), key: fixture('localhost-key.pem') });
  const wrong: string[] = [];
  const open = new Set<Socket>();
  const asked = new Map<string, number>();
  let requests = 0;
  let connections = 0;
  let peak = 0;
  let onAllClosed: (() => void) | null = null;

  const draw = (host: number, salt: number): number => mix(mix(seed + salt) ^ mix(host));
  const kindOf = (host: number): Kind => {
    if (draw(host, 1) % slow === 0) return SLOW[draw(host, 2) % SLOW.length] as Kind;
    return KINDS[draw(host, 3) % (KINDS.length - SLOW.length)] as Kind;
  };
  /** The hosts that a URL of this one leads through: sometimes through the first again. */
  const way = (host: number): readonly number[] => {
    if (kindOf(host) !== 'redirect') return [host];
    const hops = 1 + (draw(host, 4) % 3);
    const through = Array.from({ length: hops }, (_, i) =>
      draw(host, 5 + i) % 4 === 0 ? host : draw(host, 9 + i) % hosts,
    );
    return [host, ...through];
  };
  const lengthOf = (host: number): number => (kindOf(host) === 'large' ? 400_000 : 0) + host + 1;
  const typeOf = (host: number): string => `text/plain; host=${addressOf(host)}`;
  const credentialsOf = (host: number): string | null =>
    draw(host, 12) % 2 === 0 ? `user-${host}:secret-${host}` : null;

  const serve = (raw: Socket): void => {
    connections++;
    open.add(raw);
    peak = Math.max(peak, open.size);
    raw.setNoDelay(true);
    raw
      .on('error', () => {})
      .once('close', () => {
        open.delete(raw);
        if (open.size === 0) onAllClosed?.();
      });
    const socket = tls ? new TLSSocket(raw, { isServer: true, secureContext }) : raw;
    socket.on('error', () => {});
    const address = raw.localAddress?.replace('::ffff:', '') ?? '';
    let bytes = '';
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1');
      for (let end = bytes.indexOf('\r\n\r\n'); end !== -1; end = bytes.indexOf('\r\n\r\n')) {
        const request = bytes.slice(0, end);
        bytes = bytes.slice(end + 4);
        requests++;
        give(raw, socket, address, request);
      }
    });
  };

  const give = (raw: Socket, socket: Socket, address: string, request: string): void => {
    const [line = '', ...fields] = request.split('\r\n');
    const [, n = '', first = '', step = ''] = /^GET \/(\d+)\/(\d+)\/(\d+) HTTP\/1\.1$/.exec(line) ?? [];
    const source = Number(first);
    const host = way(source)[Number(step)] ?? -1;
    const own = host === source;
    const credentials = own ? credentialsOf(source) : null;
    const expected = [
      ['host', `${addressOf(host)}:${port}`],
      ...(own ? [['cookie', COOKIE]] : []),
      ...(credentials === null ? [] : [['authorization', `Basic ${Buffer.from(credentials).toString('base64')}`]]),
    ].map(([name, value]) => `${name}: ${value}`);
    const came = fields
      .map((field) => field.replace(/^[^:]+/, (name) => name.toLowerCase()))
      .filter((field) => /^(host|cookie|authorization|proxy-authorization):/.test(field));
    if (address !== addressOf(host)) wrong.push(`${line} came to ${address}`);
    const [got, wanted] = [came.sort().join(), expected.sort().join()];
    if (got !== wanted) wrong.push(`${line} came with ${got}, not ${wanted}`);

    const times = (asked.get(n) ?? 0) + 1;
    asked.set(n, times);
    const last = Number(step) === way(source).length - 1;
    // Whoever is redirected here gets a plain answer.
    const kind = source === host && way(source).length === 1 ? kindOf(host) : 'length';
    const body = Buffer.alloc(lengthOf(host), 'x');
    const type = `Content-Type: ${typeOf(host)}`;
    const close = draw(host, 13) % 3 === 0 ? ['Connection: close'] : [];
    const reset = (): void => void raw.resetAndDestroy();
    const answer = response(body, [type]);
    const half = answer.subarray(0, answer.length - Math.ceil(body.length / 2));
    if (!last) {
      const next = way(source)[Number(step) + 1] as number;
      const location = `Location: ${scheme}://${addressOf(next)}:${port}/${n}/${source}/${Number(step) + 1}`;
      const bytes = response('elsewhere', [location, ...close], '302 Found');
      if (close.length > 0) socket.end(bytes);
      else socket.write(bytes);
    } else if (kind === 'length and close' || (kind === 'length' && close.length > 0)) {
      socket.end(response(body, [type, 'Connection: close']));
    } else if (kind === 'chunks') {
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${type}\r\n\r\n${body.length.toString(16)}\r\n`);
      socket.write(Buffer.concat([body, Buffer.from('\r\n0\r\n\r\n')]));
    } else if (kind === 'gzip') {
      socket.write(response(gzipSync(body), [type, 'Content-Encoding: gzip']));
    } else if (kind === 'until close') {
      socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${type}\r\n\r\n`), body]));
    } else if (kind === 'not found') {
      socket.write(response(body, [type], '404 Not Found'));
    } else if (kind === 'stray answer') {
      socket.write(Buffer.concat([answer, response('nobody asked', ['Content-Type: stray'])]));
    } else if (kind === 'stray bytes later') {
      socket.write(answer, () => setImmediate(() => socket.write('stray bytes\r\n')));
    } else if (kind === 'reset after the answer') {
      socket.write(answer, () => setImmediate(reset));
    } else if (kind === 'end after the answer') {
      socket.end(answer);
    } else if (kind === 'reset before the head' || (kind === 'reset before the head, once' && times === 1)) {
      reset();
    } else if (kind === 'reset in the body' || (kind === 'reset in the body, once' && times === 1)) {
      socket.write(half, () => setImmediate(reset));
    } else if (kind === 'busy, once' && times === 1) {
      socket.write(response('busy', ['Content-Type: busy'], '503 Service Unavailable'));
    } else if (kind === 'end at once') {
      socket.end();
    } else if (kind === 'late') {
      setTimeout(() => socket.write(answer), timeout - 50 + (draw(Number(n), 14) % 100));
    } else if (kind !== 'hang') {
      socket.write(answer);
    }
  };

  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen({ host: '0.0.0.0', port: 0, backlog: 4096 }, resolve));
  const { port } = server.address() as { port: number };
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const url = (host: number, n: number): string => {
    const credentials = credentialsOf(host);
    const to = kindOf(host) === 'refused' ? REFUSING : port;
    return `${scheme}://${credentials === null ? '' : `${credentials}@`}${addressOf(host)}:${to}/${n}/${host}/0`;
  };

  /** All that a row tells of its host. */
  const told = (row: FetchResult): string => {
    const { url, state, status, length, contentType, finalUrl, redirects, error } = row;
    return JSON.stringify({ url, state, status, length, contentType, finalUrl, redirects, code: error?.code ?? null });
  };
  const wrongWith = (row: FetchResult): string | null => {
    const [, n, first] = new URL(row.url).pathname.split('/');
    const host = Number(first);
    const hops = way(host);
    const redirects = hops.length - 1;
    const end = hops[redirects] as number;
    const kind = kindOf(host);
    const at = `${scheme}://${addressOf(end)}:${port}/${n}/${host}/${redirects}`;
    const headCame = FAILURES[kind] === 'truncated';
    const failed = (code: string): object => ({
      url: url(host, Number(n)),
      state: 'failed',
      status: headCame ? 200 : null,
      length: null,
      contentType: headCame ? typeOf(host) : null,
      finalUrl: headCame ? at : null,
      redirects: 0,
      code,
    });
    const answered = {
      url: url(host, Number(n)),
      state: kind === 'not found' ? 'http-error' : 'ok',
      status: kind === 'not found' ? 404 : 200,
      length: lengthOf(end),
      contentType: typeOf(end),
      finalUrl: at,
      redirects,
      code: null,
    };
    const code = FAILURES[kind];
    const right = code !== undefined ? [failed(code)] : kind === 'late' ? [answered, failed('timeout')] : [answered];
    const texts = right.map((one) => JSON.stringify(one));
    return texts.includes(told(row)) ? null : `${kind}: ${told(row)} instead of ${texts.join(' or ')}`;
  };
  return {
    wrong,
    get requests() {
      return requests;
    },
    get connections() {
      return connections;
    },
    get peak() {
      return peak;
    },
    url,
    wrongWith,
    allClosed: () =>
      new Promise((resolve) => {
        onAllClosed = resolve;
        if (open.size === 0) resolve();
      }),
  };
}

/** 127.0.0.0/8 has room for 16 million. */
function addressOf(host: number): string {
  const place = host + 2;
  return `127.${1 + (place >>> 16)}.${(place >>> 8) & 255}.${place & 255}`;
}

/** Mixes the bits of a number well. */
export function mix(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
