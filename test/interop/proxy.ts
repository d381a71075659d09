import type { Running } from '../helpers/running.js';

/** What a proxy asks of its clients. */
export interface ProxyOptions {
  /** An empty folder, for all that it writes. */
  readonly folder: string;
  /** Who may use it; everybody by default. */
  readonly credentials?: Credentials | undefined;
  /** The one port that it opens tunnels to; to any by default. */
  readonly tunnelPort?: number | undefined;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** A proxy that logs what it is asked for. */
export interface HttpProxy extends Running {
  readonly port: number;
  /** Its access log, `<method> <target>` each; it is complete when the proxy has stopped. */
  requests(): Promise<string[]>;
}

export type StartProxy = (options: ProxyOptions) => Promise<HttpProxy>;
