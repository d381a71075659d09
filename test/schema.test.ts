import { createRequire } from 'node:module';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, fetchLengths } from '../src/index.js';
import { run } from './helpers/cli.js';
import { type Answer, rawServer, response } from './helpers/raw-server.js';
import { answered, failed } from './helpers/rows.js';
import { NOBODY } from './helpers/settings.js';

// By its public name, so that the package's exports are tried too.
const schema = createRequire(import.meta.url)('fetch-lengths/schema.json');
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true }).addSchema(schema, 'fetch-lengths');
const validator = (pointer: string) => ajv.getSchema(`fetch-lengths#${pointer}`) as ValidateFunction;

function problems(pointer: string, value: unknown): unknown {
  const validate = validator(pointer);
  validate(value);
  return validate.errors ?? [];
}

/** One URL of each kind of end. */
async function everyKind(): Promise<string[]> {
  const answers: Answer[] = [
    response('hello'),
    'HTTP/1.1 204 No Content\r\n\r\n',
    response('gone', [], '410 Gone'),
    response('not gzip', ['Content-Encoding: gzip']),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello'),
    (socket) => socket.destroy(),
    'nonsense\r\n\r\n',
    response('', ['Location: ftp://x/'], '302 Found'),
  ];
  const server = await rawServer((socket, request) => {
    const answer = answers[Number(/^\w+ \/(\d+)/.exec(request)?.[1])] as Answer;
    if (typeof answer === 'function') answer(socket, request);
    else socket.write(answer as Buffer);
  });
  return [...answers.map((_, i) => `${server.origin}/${i}`), 'not a URL', `http://${NOBODY}/`];
}

describe('the schema holds for real output', () => {
  test('of --json', async () => {
    const { stdout } = await run(['--json', '-q'], { stdin: (await everyKind()).join('\n') });
    const report = JSON.parse(stdout);
    expect(new Set(report.results.map(({ state }: { state: string }) => state)).size).toBe(3);
    expect(problems('', report)).toEqual([]);
    expect(problems('/$defs/report', report)).toEqual([]);
  });

  test('of --json --compare', async () => {
    const { stdout } = await run(['--json', '--compare', '-q'], { stdin: (await everyKind()).join('\n') });
    expect(problems('', JSON.parse(stdout))).toEqual([]);
    expect(problems('/$defs/comparison', JSON.parse(stdout))).toEqual([]);
  });

  test('of -f ndjson, a line', async () => {
    const { stdout } = await run(['-f', 'ndjson', '-q'], { stdin: (await everyKind()).join('\n') });
    for (const line of stdout.trimEnd().split('\n')) expect(problems('/$defs/row', JSON.parse(line))).toEqual([]);
  });

  test('of --head', async () => {
    const { stdout } = await run(['--json', '-q', '--head'], { stdin: (await everyKind()).join('\n') });
    expect(problems('', JSON.parse(stdout))).toEqual([]);
  });

  test('of the library', async () => {
    expect(problems('', await fetchLengths(await everyKind()))).toEqual([]);
  });
});

describe('the schema', () => {
  test('has the keys of a row in their order, all required', () => {
    expect(schema.$defs.row.required).toEqual(Object.keys(answered()));
    expect(Object.keys(schema.$defs.row.properties)).toEqual(Object.keys(answered()));
  });

  test('has the error codes', () => {
    expect(schema.$defs.error.properties.code.enum).toEqual([...ERROR_CODES]);
  });

  test.each([
    ['an ok row', answered()],
    ['a failed row', failed()],
  ])('takes %s', (_, row) => {
    expect(problems('/$defs/row', row)).toEqual([]);
  });

  test.each([
    ['a key too many', { ...answered(), extra: 1 }],
    ['a missing key', { ...answered(), status: undefined }],
    ['a length that is unknown', answered({ length: null as unknown as number })],
    ['an ok row of status 404', answered({ status: 404 })],
    ['a failed row with a length', failed({ length: 0 as unknown as null })],
    ['a failed row without an error', failed({ error: null as never })],
    ['a fraction of a byte', answered({ length: 1.5 })],
    ['an unknown error', failed({ error: { code: 'other' as 'dns', cause: null, message: 'x' } })],
    ['a message of two lines', failed({ error: { code: 'dns', cause: null, message: 'x\ny' } })],
    ['a fragment', answered({ finalUrl: 'http://host/#x' })],
  ])('refuses %s', (_, row) => {
    expect(problems('/$defs/row', JSON.parse(JSON.stringify(row)))).not.toEqual([]);
  });
});
