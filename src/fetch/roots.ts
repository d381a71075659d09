import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SecureContext } from 'node:tls';
import { OptionError } from '../option-error.js';

const require = createRequire(import.meta.url);

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM file.
 *
 * @throws {OptionError} for a file without a certificate, or with one that is damaged
 */
export function readCertificates(file: string): readonly string[] {
  // A number would be a file that is open, standard input for one.
  if (typeof file !== 'string') throw new OptionError('cacert', 'the name of a file', file);
  try {
    const certificates = readFileSync(file, 'latin1').match(CERTIFICATE) ?? [];
    if (certificates.length === 0) throw new Error('no PEM certificate in it');
    // Loaded only when it is needed: it would double what `--version` costs.
    const { X509Certificate } = require('node:crypto') as typeof import('node:crypto');
    // A context passes over what is no certificate without a word; this throws.
    for (const certificate of certificates) new X509Certificate(certificate);
    return certificates;
  } catch (error) {
    throw new OptionError('cacert', `a file of certificates (${(error as Error).message})`, file);
  }
}

/**
 * What trusts these roots besides the built-in ones (`ca` alone would replace those): one context for all connections,
 * because making it takes 20 ms.
 */
export function trustRoots(certificates: readonly string[]): SecureContext {
  const tls = require('node:tls') as typeof import('node:tls') & { getCACertificates?: () => string[] };
  // Node 22.15 knows those of NODE_EXTRA_CA_CERTS too.
  const roots = tls.getCACertificates?.() ?? tls.rootCertificates;
  return tls.createSecureContext({ ca: [...roots, ...certificates] });
}
