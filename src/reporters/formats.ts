/** The names of the reporters, apart from them: the command line needs no more. */
export const FORMATS = ['text', 'json', 'ndjson', 'csv', 'har', 'html'] as const;

export type Format = (typeof FORMATS)[number];

/** Those that have room for two runs. */
export const COMPARING: readonly Format[] = ['text', 'json', 'html'];
