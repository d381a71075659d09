import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type GateServer, gateServer } from '../helpers/gate-server.js';
import { hasTmux, type Terminal, terminal } from '../helpers/tmux.js';

const urls = (gate: GateServer, count = 6): string =>
  Array.from({ length: count }, (_, i) => `${gate.origin}/${i}`).join(' ');

/** What only progress has. */
const PROGRESS = /\d\/6|\d done|\[#*-+\]|in flight|left$/;

const progressOf = (lines: readonly string[]): string[] => lines.filter((line) => PROGRESS.test(line));

/** The rows and the total line of text, bars or not. */
function expectWhole(lines: readonly string[], gate: GateServer, count = 6): void {
  const rows = lines.slice(0, count).map((line) => line.replace(/ +[▐▌█]+$/, ''));
  expect(rows).toEqual(Array.from({ length: count }, (_, i) => `           2 ${gate.origin}/${i}`));
  expect(lines[count]).toMatch(
    new RegExp(`^ +${2 * count} total: ${count} URLs: ${count} ok, 0 HTTP errors, 0 failed;`),
  );
}

const ended = (lines: readonly string[]): boolean => /^status \d+$/.test(lines.at(-1) ?? '');

async function untilEnd(screen: Terminal): Promise<string[]> {
  await screen.until(ended);
  return screen.written();
}

describe.skipIf(!hasTmux && !process.env['CI'])('on a terminal of tmux', () => {
  test.each([40, 80, 200])(
    'of %i columns progress is one line below whole rows, and gone at the end',
    async (columns) => {
      const gate = await gateServer();
      const screen = await terminal(columns, `fetch-lengths -c 2 ${urls(gate)}`);
      await gate.arrived(2);
      const first = await screen.until((lines) => lines.at(-1)?.includes('0/6') === true);
      expect(first).toHaveLength(1);
      expect(first[0]?.length).toBeLessThan(columns);
      const bar = columns < 80 ? '' : ' +[▐▌█]+';
      for (const done of [1, 2, 3]) {
        gate.release(`/${done - 1}`);
        const isDrawn = (now: readonly string[]): boolean =>
          now.length === done + 1 && now.at(-1)?.includes(`${done}/6`) === true;
        const lines = await screen.until(isDrawn);
        expect(progressOf(lines)).toHaveLength(1);
        for (const [i, line] of lines.slice(0, -1).entries()) {
          expect(line).toMatch(new RegExp(`^ {11}2 ${gate.origin}/${i}${bar}$`));
        }
        await gate.arrived(2);
      }
      gate.open();
      const lines = await untilEnd(screen);
      expectWhole(lines, gate);
      expect(lines.slice(7)).toEqual(['status 0']);
    },
  );

  test('that is made narrower and wider has one line of progress, and no remains of others', async () => {
    const gate = await gateServer();
    // A full screen: of one with room below tmux keeps what is above the new lines where nobody can erase it.
    const screen = await terminal(200, `seq 24; fetch-lengths -c 2 ${urls(gate)}`);
    await gate.arrived(2);
    gate.release('/0');
    const wide = await screen.until((lines) => lines.length === 26 && /1\/6 .* left$/.test(lines.at(-1) ?? ''));
    expect(wide.at(-1)?.length).toBeGreaterThan(100);
    for (const columns of [40, 20, 120, 60]) {
      await screen.resize(columns);
      const fits = (line: string): boolean =>
        /(^|\s)1\/6(\s|$)/.test(line) && line.length < columns && line.length > columns / 2;
      await screen.until((lines) => progressOf(lines).length === 1 && fits(lines.at(-1) ?? ''));
    }
    gate.open();
    const lines = (await untilEnd(screen)).slice(24);
    expectWhole(lines, gate);
    expect(lines.slice(7)).toEqual(['status 0']);
  });

  test('that is interrupted keeps messages and rows apart from progress', async () => {
    const gate = await gateServer();
    const screen = await terminal(80, `fetch-lengths -c 2 ${urls(gate)}`);
    await gate.arrived(2);
    await screen.until((lines) => lines.at(-1)?.includes('0/6') === true);
    await screen.type('C-c');
    const lines = await screen.until((now) => now.at(-1)?.startsWith('0 done') === true);
    expect(lines.slice(0, -1).join('')).toMatch(/^fetch-lengths: interrupted: .* to end at once$/);
    gate.open();
    const [notice, ...rest] = await untilEnd(screen);
    expect(notice).toMatch(/^fetch-lengths: interrupted: .* to end at once$/);
    expectWhole(rest, gate, 2);
    expect(rest.slice(3)).toEqual(['status 130']);
  });

  test('that is interrupted twice is left without progress', async () => {
    const gate = await gateServer();
    const screen = await terminal(80, `fetch-lengths -c 2 ${urls(gate)}`);
    await gate.arrived(2);
    await screen.until((lines) => lines.at(-1)?.includes('0/6') === true);
    await screen.type('C-c');
    await screen.until((now) => now.at(-1)?.startsWith('0 done') === true);
    await screen.type('C-c');
    const [notice, ...rest] = await untilEnd(screen);
    expect(notice).toMatch(/^fetch-lengths: interrupted: .* to end at once$/);
    expect(rest).toEqual(['status 130']);
  });

  test('has progress while rows go elsewhere, and the summary after it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const output = join(folder, 'out');
    const gate = await gateServer();
    const screen = await terminal(200, `fetch-lengths -c 2 -f ndjson ${urls(gate)} >${output}`);
    await gate.arrived(2);
    // Done, but its row has to wait.
    gate.release('/1');
    const lines = await screen.until((now) => now.at(-1)?.includes('1/6') === true);
    expect(lines).toEqual([expect.stringMatching(/^\[#+-+\] {2}1\/6 {2}1 ok {2}.* {2}2 in flight {2}/)]);
    gate.open();
    expect(await untilEnd(screen)).toEqual([
      expect.stringMatching(/^fetch-lengths: 6 URLs: 6 ok, 0 HTTP errors, 0 failed; 12 bytes; .* s$/),
      'status 0',
    ]);
    expect(readFileSync(output, 'utf8').trimEnd().split('\n')).toHaveLength(6);
  });

  test('shares it with an open line, which waits for its end', async () => {
    const gate = await gateServer();
    const screen = await terminal(100, `fetch-lengths -c 1 --json ${urls(gate)}`);
    for (const done of [1, 2]) {
      await gate.arrived(1);
      gate.release();
      await screen.until((now) => now.at(-1)?.includes(`${done}/6`) === true && progressOf(now).length === 1);
    }
    gate.open();
    const lines = await untilEnd(screen);
    expect(lines.splice(-2)).toEqual([expect.stringMatching(/^fetch-lengths: 6 URLs: 6 ok, /), 'status 0']);
    expect(JSON.parse(lines.join('\n')).totals).toMatchObject({ urls: 6, ok: 6 });
  });

  test('shares it with the lines of --verbose', async () => {
    const gate = await gateServer();
    const screen = await terminal(100, `fetch-lengths -v -c 1 ${urls(gate)}`);
    await gate.arrived(1);
    const lines = await screen.until((now) => now.at(-1)?.includes('0/6') === true);
    expect(lines).toEqual([expect.stringMatching(/ ms \[0\] > GET http.*\/0$/), expect.stringMatching(PROGRESS)]);
    gate.open();
    const all = await untilEnd(screen);
    expect(all.filter((line) => / ms \[\d\] [<>] /.test(line))).toHaveLength(12);
    expect(all.filter((line) => /^ {11}2 http.* [▐▌█]+$/.test(line))).toHaveLength(6);
    expect(all).toHaveLength(12 + 6 + 2);
  });

  test('is in colour, unless NO_COLOR forbids it', async () => {
    const gate = await gateServer();
    gate.open();
    for (const [environment, bold] of [
      [{}, true],
      [{ NO_COLOR: '1' }, false],
    ] as const) {
      const screen = await terminal(100, `fetch-lengths ${urls(gate)}`, environment);
      await screen.until(ended);
      // The total.
      expect((await screen.lines('-e')).join('\n').includes('\x1b[1m')).toBe(bold);
    }
  });
});
