// @ts-check
// The command line of the peers that are scripts for Node.
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { c: { type: 'string', short: 'c', default: '16' }, compressed: { type: 'boolean', default: false } },
  allowPositionals: true,
});

export const arguments_ = {
  concurrency: Number(values.c),
  compressed: values.compressed,
  list: positionals[0] ?? '',
};
