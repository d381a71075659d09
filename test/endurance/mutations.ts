import type { Random } from './random.js';

/** A change of a reply; `others` are valid replies to take from. */
type Mutation = (text: string, random: Random, others: readonly string[]) => string;

const LINES = [
  'Content-Length: 0',
  'Content-Length: 3',
  'Content-Length: 5',
  'Content-Length: 5, 5',
  'Content-Length: 05',
  'Content-Length: +5',
  'Content-Length: 5 5',
  'Content-Length: 0x5',
  'Content-Length:',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding:',
  'Transfer-Encoding : chunked',
  'Content-Encoding: gzip',
  'Content-Encoding: br',
  'Content-Encoding: deflate',
  'Content-Encoding: identity',
  'Content-Encoding: ,',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: upgrade\r\nUpgrade: x',
  'Trailer: Content-Length',
  'X: \x01',
  'X\x7f: y',
  'no colon',
  ': no name',
  ' folded',
];

const PIECES = ['\r\n', '\n', '\r', '\0', ' ', '\t', '\xa0', ':', ';', ',', '0', '0\r\n\r\n', '\r\n\r\n', '-', 'f'];

const BEFORE = [
  'HTTP/1.1 103 Early Hints\r\n\r\n',
  'HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  'HTTP/1.1 199 Odd\r\nTransfer-Encoding: chunked\r\n\r\n',
  'HTTP/1.1 020 OK\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  '\r\n',
  '\n',
  '0\r\n\r\n',
  ' ',
];

const STATUSES = [
  '000',
  '099',
  '100',
  '101',
  '102',
  '199',
  '200',
  '204',
  '205',
  '206',
  '299',
  '300',
  '304',
  '404',
].concat(['408', '416', '500', '503', '599', '600', '999', '20', '2000', '2x0']);

/** By their names, for a failure's message. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  cut: (text, random) => text.slice(0, random.below(text.length)),
  doubled: (text) => text + text,
  flipped: (text, random) => {
    const at = random.below(text.length);
    return splice(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))));
  },
  'flipped in the head': (text, random) => {
    const at = random.below(text.indexOf('\r\n\r\n') + 4);
    return splice(text, at, 1, String.fromCharCode(random.below(256)));
  },
  deleted: (text, random) => splice(text, random.below(text.length), 1 + random.below(4), ''),
  inserted: (text, random) => splice(text, random.below(text.length + 1), 0, random.pick(PIECES)),
  'inserted in the head': (text, random) =>
    splice(text, random.below(text.indexOf('\r\n\r\n') + 4), 0, random.pick(PIECES)),
  'lines swapped': (text, random) =>
    inLines(text, (lines) => {
      const [a, b] = [random.below(lines.length), random.below(lines.length)];
      [lines[a], lines[b]] = [lines[b] as string, lines[a] as string];
    }),
  'line doubled': (text, random) =>
    inLines(text, (lines) => {
      lines.splice(random.below(lines.length), 0, random.pick(lines));
    }),
  'line put in': (text, random) =>
    inLines(text, (lines) => {
      lines.splice(1 + random.below(lines.length), 0, random.pick(LINES));
    }),
  'line put in behind the body': (text, random) => {
    const at = text.lastIndexOf('\r\n');
    return at === -1 ? text : splice(text, at, 0, `${random.pick(LINES)}\r\n`);
  },
  'line folded': (text, random) => {
    const end = text.indexOf('\r\n\r\n');
    const spaces = [...text.slice(0, Math.max(end, 0)).matchAll(/[ ,]/g)].slice(2);
    return spaces.length === 0
      ? text
      : splice(text, random.pick(spaces).index + 1, 0, random.pick(['\r\n ', '\r\n\t']));
  },
  'number changed': (text, random) =>
    text.replace(/(?<=Content-Length: |\r\n)[0-9a-f]+(?=\r\n|;)/gi, (number) =>
      random.chance(0.5)
        ? number
        : random.pick([`${random.below(60)}`, `${number}0`, `0${number}`, 'fffffffffffffffff']),
    ),
  'LF alone': (text, random) => {
    const all = random.chance(0.3);
    return text.replace(/\r\n/g, (end) => (all || random.chance(0.1) ? '\n' : end));
  },
  'other status': (text, random) => text.replace(/(?<=^HTTP\/1\.. )\d+/, random.pick(STATUSES)),
  'other version': (text, random) =>
    text.replace(/^HTTP\/1\../, random.pick(['HTTP/1.0', 'HTTP/1.2', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/11.1', 'http/1.1'])),
  'something before it': (text, random) => random.pick(BEFORE) + text,
  'something behind it': (text, random) => text + random.pick([...BEFORE, ...PIECES]),
  'head of another': (text, random, others) => {
    const other = random.pick(others);
    return other.slice(0, other.indexOf('\r\n\r\n') + 4) + text.slice(text.indexOf('\r\n\r\n') + 4);
  },
};

function splice(text: string, at: number, count: number, put: string): string {
  return text.slice(0, at) + put + text.slice(at + count);
}

/** Changes the lines of the head, the status line included. */
function inLines(text: string, change: (lines: string[]) => void): string {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return text;
  const lines = text.slice(0, end).split('\r\n');
  change(lines);
  return lines.join('\r\n') + text.slice(end);
}
