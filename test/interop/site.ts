import type { Running } from '../helpers/running.js';
import type { Certificate } from './certificates.js';

/** What a server needs to start. */
export interface SiteOptions {
  /** The folder that it serves. */
  readonly root: string;
  /** An empty one, for all that it writes. */
  readonly folder: string;
  readonly certificate: Certificate;
}

export type Origins = Readonly<Record<'http' | 'https', string>>;

/** A server as it serves a folder over both schemes. */
export interface Site extends Running {
  readonly origins: Origins;
}

export type StartSite = (options: SiteOptions) => Promise<Site>;

export function originsOf(http: number, https: number): Origins {
  return { http: `http://127.0.0.1:${http}`, https: `https://127.0.0.1:${https}` };
}

/** Root starts servers that would rather be somebody else. */
export const isRoot = process.getuid?.() === 0;
