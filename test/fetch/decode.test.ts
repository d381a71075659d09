import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type DecodedBody, Decoder } from '../../src/fetch/decode.js';
import type { FetchFailure } from '../../src/fetch/errors.js';

interface Outcome {
  readonly decoded: number | null;
  readonly failure: string | null;
}

/**
 * What comes of a body that is told in these pieces, each in a turn of the event loop of its own but the end.
 *
 * @param ends whether the end is told of
 */
async function decode(codings: readonly string[], pieces: readonly Buffer[], ends = true): Promise<Outcome> {
  let body: DecodedBody | undefined;
  let drained: (() => void) | undefined;
  let count = 0;
  const outcome = new Promise<Outcome>((resolve) => {
    body = {
      onDecoded: (more) => {
        count += more;
      },
      onDrain: () => drained?.(),
      onDecodedEnd: () => resolve({ decoded: count, failure: null }),
      onDecodeFailure: ({ code, systemCode, message }: FetchFailure) =>
        resolve({ decoded: null, failure: `${code} ${systemCode} ${message}` }),
    };
  });
  const decoder = new Decoder(codings, body as DecodedBody);
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await turn();
    const drain = new Promise<void>((resolve) => {
      drained = resolve;
    });
    if (!decoder.write(piece)) await Promise.race([drain, outcome]);
  }
  if (ends) decoder.end();
  return outcome;
}

const ENCODE: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => zlib.gzipSync(body),
  deflate: (body) => zlib.deflateSync(body),
  'deflate, bare': (body) => zlib.deflateRawSync(body),
  br: (body) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }),
  ...('zstdCompressSync' in zlib && { zstd: zlib.zstdCompressSync as (body: Buffer) => Buffer }),
};

const BODIES: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('x'),
  Buffer.from('hello, world '.repeat(5_000)),
  randomBytes(60_000),
  // More than is decoded at once, and more than is taken at once.
  Buffer.alloc(2_000_000, 'abc'),
  randomBytes(90_000),
];

const HARM: Readonly<Record<string, (encoded: Buffer) => Buffer>> = {
  'as it is': (encoded) => encoded,
  'cut short': (encoded) => encoded.subarray(0, -3),
  'followed by more': (encoded) => Buffer.concat([encoded, Buffer.from('more')]),
  'followed by zeros': (encoded) => Buffer.concat([encoded, Buffer.alloc(9)]),
  doubled: (encoded) => Buffer.concat([encoded, encoded]),
  'damaged in the middle': (encoded) => {
    const damaged = Buffer.from(encoded);
    damaged[encoded.length >> 1] = (damaged[encoded.length >> 1] as number) ^ 0xff;
    return damaged;
  },
  'damaged at its start': (encoded) => Buffer.concat([Buffer.from([0x55]), encoded.subarray(1)]),
};

describe('a body in one piece', () => {
  const cases = Object.entries(ENCODE).flatMap(([coding, encode]) =>
    Object.entries(HARM).map(([what, harm]) => ({ coding, encode, what, harm })),
  );

  test.each(cases)('of $coding, $what, comes out as in two', async ({ coding, encode, harm }) => {
    const [name = ''] = coding.split(',');
    for (const body of BODIES) {
      for (const [codings, encoded] of [
        [[name], harm(encode(body))],
        [['gzip', name], harm(encode(zlib.gzipSync(body)))],
        [[name, 'gzip'], zlib.gzipSync(harm(encode(body)))],
      ] as const) {
        const middle = encoded.length >> 1;
        const whole = await decode(codings, [encoded]);
        expect(await decode(codings, [encoded.subarray(0, middle), encoded.subarray(middle)])).toEqual(whole);
        if (harm === HARM['as it is']) expect(whole).toEqual({ decoded: body.length, failure: null });
      }
    }
  });
});

test('a body that is broken is a failure before its end has come', async () => {
  expect(await decode(['gzip'], [Buffer.from('plain')], false)).toMatchObject({
    failure: expect.stringContaining('Z_DATA_ERROR'),
  });
});

test.runIf('zstd' in ENCODE)('a body of many zstd frames is decoded to its end, wherever it is cut', async () => {
  const frames = ['one', '', 'three', ''].map((text) => ENCODE.zstd?.(Buffer.from(text)) as Buffer);
  const encoded = Buffer.concat(frames);
  for (let cut = 1; cut < encoded.length; cut++) {
    expect(await decode(['zstd'], [encoded.subarray(0, cut), encoded.subarray(cut)])).toEqual({
      decoded: 8,
      failure: null,
    });
  }
});
