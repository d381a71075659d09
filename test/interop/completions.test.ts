import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith, run } from '../helpers/programs.js';
import { runCommand } from './cli.js';
import { typeInto } from './terminal.js';

/** What is typed, and the words that the command is given for it. */
const TYPED: readonly (readonly [keys: string, words: string])[] = [
  ['--mod\tseq\t', '--mode sequential'],
  ['--mode=con\t', '--mode=concurrent'],
  ['-f nd\t', '-f ndjson'],
  ['--ord\tcom\t --exit\t', '--order completion --exit-zero'],
  ['--completions fi\t', '--completions fish'],
  ['-H x --hea\t', '-H x --head'],
  ['--cac\tro\t', '--cacert roots.pem'],
  ['--output my\t', '--output my lengths.csv'],
  ['-o li\tli\t', '-o lists/list.txt'],
  ['-q ur\t', '-q urls.txt'],
  ['--concurrency ur\t', '--concurrency ur'],
  ['--compar\t ur\t', '--compare urls.txt'],
];
const KEYS = `${TYPED.map(([keys]) => `fetch-lengths ${keys}\n`).join('')}exit\n`;

/** The command's name in a shell's rc file: it notes what it is given. */
const RECORDER = `fetch-lengths() { printf '%s\\n' "$*" >>words; }\nPS1='READY> '\n`;

let folder: string;

beforeAll(async () => {
  folder = await makeFolder();
});

afterAll(async () => {
  await removeFolder(folder);
});

/** Files to complete, in a folder of their own. */
async function makeSite(name: string): Promise<string> {
  const site = join(folder, name);
  await mkdir(join(site, 'lists'), { recursive: true });
  for (const file of ['roots.pem', 'my lengths.csv', 'urls.txt', 'lists/list.txt'])
    await writeFile(join(site, file), '');
  return site;
}

/** Types all cases into a shell. */
async function wordsIn(command: string, cwd: string, variables: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const env = { PATH: process.env['PATH'], HOME: cwd, TERM: 'dumb', LC_ALL: 'C.UTF-8', ...variables };
  await typeInto(command, { prompt: 'READY> ', keys: KEYS, cwd, env });
  const words = await readFile(join(cwd, 'words'), 'utf8');
  // A shell may prefer "--name=value" to two words.
  return words.split('\n').filter((line) => line !== '');
}

const spaced = (lines: readonly string[]): string[] => lines.map((line) => line.replaceAll('=', ' '));
const EXPECTED = spaced(TYPED.map(([, words]) => words));

describe('the completions of bash', () => {
  test('complete what is typed', async () => {
    const site = await makeSite('bash');
    await writeFile(join(site, 'completions.bash'), await runCommand(['--completions', 'bash']));
    await writeFile(join(site, 'rc'), `source ./completions.bash\n${RECORDER}`);
    expect(spaced(await wordsIn('bash --noprofile --rcfile ./rc -i', site))).toEqual(EXPECTED);
  });
});

describeWith(['zsh'], 'the completions of zsh', () => {
  test.each([
    ['source ./_fetch-lengths', 'compinit -u -D', 'source ./_fetch-lengths'],
    ['autoload from $fpath', 'fpath=($PWD $fpath)', 'compinit -u -D'],
  ])('complete what is typed: %s', async (name, ...lines) => {
    const site = await makeSite(name.replaceAll(/\W/g, '-'));
    await writeFile(join(site, '_fetch-lengths'), await runCommand(['--completions', 'zsh']));
    await writeFile(join(site, '.zshrc'), `autoload -Uz compinit\n${lines.join('\n')}\n${RECORDER}`);
    expect(spaced(await wordsIn('zsh -d -i', site, { ZDOTDIR: site }))).toEqual(EXPECTED);
  });
});

describeWith(['fish'], 'the completions of fish', () => {
  test.each([
    ['--mo', ['--mode\tsequential or concurrent (default: concurrent)']],
    [
      '--mode ',
      [
        'concurrent\tsequential or concurrent (default: concurrent)',
        'sequential\tsequential or concurrent (default: concurrent)',
      ],
    ],
    ['--mode=con', ['--mode=concurrent\tsequential or concurrent (default: concurrent)']],
    ['-f nd', ['ndjson\t']],
    ['--prox', ["--proxy\tan HTTP proxy, in place of the environment's"]],
    ['--cacert ro', ['roots.pem']],
    ['--output my', ['my lengths.csv']],
    ['-q ur', ['urls.txt']],
    ['--concurrency ur', []],
  ])('of %j are %j', async (typed, completions) => {
    const site = await makeSite('fish');
    await writeFile(join(site, 'completions.fish'), await runCommand(['--completions', 'fish']));
    const ask = `source ./completions.fish; complete -C ${JSON.stringify(`fetch-lengths ${typed}`)}`;
    const answer = await run('fish', ['--no-config', '--command', ask], { cwd: site, env: { HOME: site } });
    const lines = answer.split('\n').filter((line) => line !== '');
    expect(lines).toEqual(completions.map((completion) => expect.stringContaining(completion)));
  });
});
