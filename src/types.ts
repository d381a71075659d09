/** One URL of the list. */
export interface Target {
  /** Place among the URLs of the whole list, from 0. */
  readonly index: number;
  /** As the list has it; cut at 64 KiB. */
  readonly url: string;
  /** Why the list's line cannot be a URL, where reading it already showed that; else `null`. */
  readonly flaw: string | null;
}

export type ModeName = 'sequential' | 'concurrent';
export type Order = 'input' | 'completion';
export type ShardBy = 'host' | 'url';

/** Every `error.code` that a row can have. */
export const ERROR_CODES = [
  'bad-url',
  'dns',
  'connect',
  'tls',
  'timeout',
  'reset',
  'truncated',
  'protocol',
  'decode',
  'too-large',
  'too-many-redirects',
  'bad-redirect',
  'blocked',
  'proxy',
  'aborted',
  'internal',
] as const;

/**
 * Why a URL has no whole answer.
 *
 * - `bad-url`: no absolute http(s) URL
 * - `dns`: the name does not resolve
 * - `connect`: refused, unreachable, or not connected within the connect timeout
 * - `tls`: handshake or certificate
 * - `timeout`: the URL's time is used up
 * - `reset`: the connection ended before the response's head was whole
 * - `truncated`: the body ended before its declared end
 * - `protocol`: not HTTP, or HTTP that must not be trusted
 * - `decode`: the content coding is broken or unknown
 * - `too-large`: the body passed `maxBytes`
 * - `too-many-redirects`: a loop, or more than `maxRedirects`
 * - `bad-redirect`: redirected to something that is no http(s) URL
 * - `blocked`: an address that `publicOnly` refuses
 * - `proxy`: the proxy refused or broke off
 * - `aborted`: the run was interrupted
 * - `internal`: a bug of fetch-lengths
 */
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface FetchError {
  /** Which of these reasons it is. */
  readonly code: ErrorCode;
  /** The system's, the TLS library's or the parser's own code (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), if it has one. */
  readonly cause: string | null;
  /** One readable line. */
  readonly message: string;
}

/** What tells where `length` comes from: counted in the body, or with `head` declared in a header. */
export type LengthFrom = 'body' | 'content-length' | 'content-range';

interface Row {
  /** Place among the URLs of the whole list, from 0. */
  readonly index: number;
  /** As the list has it. */
  readonly url: string;
  /** Body bytes as they came, chunking undone; `null` where no body was read. If `failed`: as far as they came. */
  readonly encodedBodySize: number | null;
  /** Body bytes with content codings undone; `null` where no body was read. If `failed`: as far as they came. */
  readonly decodedBodySize: number | null;
  /** What the `Content-Length` header declared, in bytes; `null` without one that is a number. */
  readonly contentLength: number | null;
  /** The `Content-Encoding` header; `null` without one. */
  readonly contentEncoding: string | null;
  /** The `Content-Type` header; `null` without one. */
  readonly contentType: string | null;
  /** Where the answer came from, without credentials and fragment; `null` where no response came. */
  readonly finalUrl: string | null;
  /** Redirects followed. */
  readonly redirects: number;
  /** Attempts made, the first included; 0 where none was. */
  readonly attempts: number;
  /** When the URL's turn came, in milliseconds from the start of the run. */
  readonly startTime: number;
  /** When the last request was written, in milliseconds from the start of the run; `null` where none was. */
  readonly requestStart: number | null;
  /** When the first byte of its response came, in milliseconds from the start of the run; `null` where none came. */
  readonly responseStart: number | null;
  /** From `startTime` to the end, in milliseconds. */
  readonly duration: number;
}

/** A URL that was answered: status under 400 (`ok`), or 400 and more (`http-error`). */
export interface AnsweredResult extends Row {
  /** Status under 400 (`ok`), or 400 and more (`http-error`). */
  readonly state: 'ok' | 'http-error';
  /** Of the final response. */
  readonly status: number;
  /** Bytes of the whole body, content codings undone. */
  readonly length: number;
  /** Counted in the body, or with `head` declared in a header. */
  readonly lengthFrom: LengthFrom;
  /** Why there is no whole answer; `null` where there is one. */
  readonly error: null;
}

/** A URL without a whole answer. What is known all the same is there, the rest is `null`. */
export interface FailedResult extends Row {
  readonly state: 'failed';
  readonly status: number | null;
  readonly length: null;
  readonly lengthFrom: null;
  readonly error: FetchError;
}

/** One row: what became of one URL. */
export type FetchResult = AnsweredResult | FailedResult;

export interface Totals {
  /** Rows. */
  readonly urls: number;
  /** Rows whose `state` is `ok`. */
  readonly ok: number;
  /** Rows whose `state` is `http-error`. */
  readonly httpErrors: number;
  /** Rows whose `state` is `failed`. */
  readonly failed: number;
  /** Sum of the rows' `length`, in bytes. */
  readonly length: number;
  /** Sum of the rows' `encodedBodySize`, in bytes. */
  readonly encodedBodySize: number;
}

/** One run as its reporter sees it: rows to come, and what is told of them. */
export interface ReportedRun {
  readonly mode: ModeName;
  readonly concurrency: number;
  readonly startedDateTime: string;
  /** In batches, as they become final; to be read once. */
  rows(): AsyncIterable<readonly FetchResult[]>;
  /** Of the run so far, whole once `rows` has ended. Milliseconds. */
  readonly duration: number;
  /** Of the rows that are there so far, given out or waiting for an earlier one. */
  readonly totals: Totals;
  /** How many rows there will be; `null` or absent as long as nobody knows. */
  readonly expected?: number | null;
}

/** One run: what `--format json` prints. */
export interface Report {
  /** How the run went through the list. */
  readonly mode: ModeName;
  /** Most URLs in flight; 1 if sequential. */
  readonly concurrency: number;
  /** When the run started, ISO 8601. */
  readonly startedDateTime: string;
  /** A row for every URL, in the order asked for. */
  readonly results: readonly FetchResult[];
  /** Of the whole run, in milliseconds. */
  readonly duration: number;
  /** Sums over the rows. */
  readonly totals: Totals;
}

/** The options of a run. They have the names of the command's long options; times are milliseconds, sizes bytes. */
export interface Options {
  /** One URL after the other, or through the pool. Default: `concurrent`. */
  readonly mode?: ModeName | undefined;
  /** Most URLs in flight, 1 to 65,536; not with `sequential`; fewer where too few files may be open, as `Report.concurrency` tells. Default: 16. */
  readonly concurrency?: number | undefined;
  /** Most URLs in flight to one host (`host:port`), 1 to 65,536; redirects count for the host they lead to. Default: no cap. */
  readonly perHost?: number | undefined;
  /** Most requests started, redirects and retries included: `5/s`, `90/m` or `1000/h`. Default: no cap. */
  readonly rate?: string | undefined;
  /** The same, to one host. Default: no cap. */
  readonly perHostRate?: string | undefined;
  /** Rows in the order of the list, or as they are done. Default: `input`. */
  readonly order?: Order | undefined;
  /** Skip a URL that the list already had; memory grows with the list. Default: `false`. */
  readonly unique?: boolean | undefined;
  /** Only the i-th of n parts of the list, as `i/n`, i from 1; `index` is the place in the whole list. Default: the whole. */
  readonly shard?: string | undefined;
  /** What keeps together in a part: all URLs of a host, or only equal ones. Default: `host`. */
  readonly shardBy?: ShardBy | undefined;
  /** Worker threads, 1 to 256, hosts shared out among them; fewer where too few files may be open. Default: 1, which makes none. */
  readonly threads?: number | undefined;
  /** For one URL in all, redirects, retries and waits included, in milliseconds, 1 to 2,147,483,647. Default: 30,000. */
  readonly timeout?: number | undefined;
  /** For name look-up, TCP and TLS, in milliseconds, 1 to 2,147,483,647. Default: 10,000. */
  readonly connectTimeout?: number | undefined;
  /** Further attempts after a transient failure, 0 to 1,000. Default: 2. */
  readonly retry?: number | undefined;
  /** Redirects followed, 0 to 1,000; 0 follows none and reports the 3xx. Default: 20. */
  readonly maxRedirects?: number | undefined;
  /** A body that passes it, encoded or decoded, is cut off as `too-large`, in bytes. Default: no cap. */
  readonly maxBytes?: number | undefined;
  /** Sent with every request, each `Name: value`; an empty value removes a default header. Default: none. */
  readonly header?: readonly string[] | undefined;
  /** The `User-Agent` header; empty sends none. Default: `fetch-lengths/<version>`. */
  readonly userAgent?: string | undefined;
  /** Ask for compressed bodies. Default: `false`. */
  readonly compressed?: boolean | undefined;
  /** Sizes without bodies: HEAD, else a one-byte range, else GET. Default: `false`. */
  readonly head?: boolean | undefined;
  /** Check no certificate. Default: `false`. */
  readonly insecure?: boolean | undefined;
  /** A PEM file of roots to trust besides the built-in ones. Default: none. */
  readonly cacert?: string | undefined;
  /** An HTTP proxy for all URLs, `http://[user:password@]host[:port]` (or `https:`). Default: none. */
  readonly proxy?: string | undefined;
  /** `host:port:address` each: an address in place of a look-up; `*` is any host. Default: none. */
  readonly resolve?: readonly string[] | undefined;
  /** Refuse every address that is not public, as `blocked`; not with a proxy. Default: `false`. */
  readonly publicOnly?: boolean | undefined;
  /** Ends the run: no URL is started any more, those in flight become `aborted`. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** What tells whether two paths lead to the same file (POSIX `stat`). */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}
