import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../helpers/programs.js';

/** PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate says; by default that it is loopback's and valid now. */
export interface Claims {
  readonly subjectAltName?: string;
  /** Two times as OpenSSL writes them. */
  readonly validity?: readonly [from: string, to: string];
}

const LOOPBACK = 'IP:127.0.0.1,DNS:localhost';
const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';

/** Signs certificates; its own one is the root to be trusted. */
export class Authority {
  readonly #folder: string;
  /** A PEM file with the root. */
  readonly cacert: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.cacert = join(folder, 'root.pem');
  }

  /** @param folder for all that it writes */
  static async create(folder: string): Promise<Authority> {
    const authority = new Authority(folder);
    await writeFile(join(folder, 'index'), '');
    // "openssl x509" signs nothing that has expired, "openssl ca" does, but wants this.
    await writeFile(
      join(folder, 'ca.cnf'),
      `
      [ca]
      default_ca = root
      [root]
      database = index
      new_certs_dir = .
      default_md = sha256
      default_days = 2
      unique_subject = no
      rand_serial = yes
      policy = policy
      [policy]
      commonName = supplied`,
    );
    await authority.#openssl(`req -x509 -subj /CN=root ${NEW_KEY} -keyout root.key -out root.pem`);
    return authority;
  }

  /** @param name that of the files */
  async sign(name: string, { subjectAltName = LOOPBACK, validity }: Claims = {}): Promise<Certificate> {
    await writeFile(join(this.#folder, `${name}.ext`), `subjectAltName=${subjectAltName}\n`);
    await this.#openssl(`req -subj /CN=${name} ${NEW_KEY} -keyout ${name}.key -out ${name}.csr`);
    const dates = validity === undefined ? '' : ` -startdate ${validity[0]} -enddate ${validity[1]}`;
    await this.#openssl(
      `ca -batch -notext -config ca.cnf -cert root.pem -keyfile root.key -extfile ${name}.ext${dates} -in ${name}.csr -out ${name}.pem`,
    );
    return this.#files(name);
  }

  /** A certificate that nobody but itself has signed. */
  async selfSigned(name: string): Promise<Certificate> {
    await this.#openssl(
      `req -x509 -subj /CN=${name} -addext subjectAltName=${LOOPBACK} ${NEW_KEY} -keyout ${name}.key -out ${name}.pem`,
    );
    return this.#files(name);
  }

  #files(name: string): Certificate {
    return { certificate: join(this.#folder, `${name}.pem`), key: join(this.#folder, `${name}.key`) };
  }

  async #openssl(args: string): Promise<void> {
    await run('openssl', args.split(' '), { cwd: this.#folder });
  }
}
