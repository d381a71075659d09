import { closeSync, openSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { standardOutput } from '../src/cli/output.js';
import { openSources } from '../src/sources.js';
import { statStandardStream } from '../src/standard-stream.js';

/** A descriptor that nothing has: the system tells nothing of it. */
const NO_DESCRIPTOR = 2 ** 30;

describe('a standard stream', () => {
  test('that is a file tells so', () => {
    const fd = openSync(fileURLToPath(import.meta.url), 'r');
    expect(statStandardStream(fd)?.isFile()).toBe(true);
    closeSync(fd);
  });

  test('of which the system tells nothing is read and written all the same', async () => {
    const stdin = Object.assign(new PassThrough(), { fd: NO_DESCRIPTOR });
    stdin.end('http://127.0.0.1:1/\n');
    const { read } = await openSources(['-'], { stdin }, false);
    const lines = [];
    for (const list of read()) for await (const batch of list) lines.push(...batch);
    expect(lines).toMatchObject([{ url: 'http://127.0.0.1:1/' }]);

    const stdout = Object.assign(new PassThrough(), { fd: NO_DESCRIPTOR });
    standardOutput(stdout, () => true).end('text');
    expect(await text(stdout)).toBe('text');
  });
});
