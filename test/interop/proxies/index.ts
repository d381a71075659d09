import type { ProgramName } from '../../helpers/programs.js';
import type { StartProxy } from '../proxy.js';
import { startSquid } from './squid.js';
import { startTinyproxy } from './tinyproxy.js';

interface ProxyProgram {
  readonly program: ProgramName;
  readonly start: StartProxy;
  /** The answer to wrong credentials: tinyproxy's looks like one of the server's. */
  readonly statusIfWrong: 401 | 407;
}

export const PROXIES: readonly ProxyProgram[] = [
  { program: 'tinyproxy', start: startTinyproxy, statusIfWrong: 401 },
  { program: 'squid', start: startSquid, statusIfWrong: 407 },
];
