import type { ReportedRun } from '../types.js';
import { csv } from './csv.js';
import type { Format } from './formats.js';
import { har } from './har.js';
import { html } from './html.js';
import { json } from './json.js';
import { ndjson } from './ndjson.js';
import { text } from './text.js';

/** How text looks on what it is written to. */
export interface Style {
  readonly colour: boolean;
  /** Of the terminal that it is written to, in columns; `null`: no terminal. It may change. */
  readonly width: number | null;
}

/** Turns rows into the text of one format. Knows no file, no terminal and no clock. */
export interface Reporter {
  /** One run; the text leaves as its rows come. */
  readonly report: (run: ReportedRun, style: Style) => AsyncIterable<string>;
  /**
   * The sequential and the concurrent run of one list, each started when its turn comes, or two recorded runs. Absent
   * where a format has no room for two.
   */
  readonly compare?: (runs: Iterable<ReportedRun>, style: Style) => AsyncIterable<string>;
}

export const reporters: Readonly<Record<Format, Reporter>> = { text, json, ndjson, csv, har, html };
