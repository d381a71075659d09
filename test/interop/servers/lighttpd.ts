import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, start } from '../../helpers/running.js';
import { originsOf, type Site, type SiteOptions } from '../site.js';

export async function startLighttpd({ root, folder, certificate: { certificate, key } }: SiteOptions): Promise<Site> {
  const ports = await freePorts(2);
  const [http, https] = ports;
  const [config, script] = [join(folder, 'lighttpd.conf'), join(folder, 'cat.sh')];
  // It runs the script with the file's name.
  await writeFile(script, '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\nexec cat "$1"\n');
  await chmod(script, 0o755);
  await writeFile(
    config,
    `
      server.modules = ("mod_dirlisting", "mod_cgi", "mod_deflate", "mod_openssl")
      server.bind = "127.0.0.1"
      server.port = ${http}
      server.document-root = "${root}"
      server.upload-dirs = ("${folder}")
      mimetype.assign = (".txt" => "text/plain")
      dir-listing.activate = "enable"
      $HTTP["url"] =~ "^/chunked/" {
        cgi.assign = (".txt" => "${script}")
        # Else it waits for the end and declares the length.
        server.stream-response-body = 1
      }
      $HTTP["url"] =~ "^/gzip/" {
        deflate.mimetypes = ("text/")
        deflate.allowed-encodings = ("gzip")
        deflate.cache-dir = ""
      }
      $HTTP["url"] =~ "/close/" { server.max-keep-alive-requests = 0 }
      $SERVER["socket"] == "127.0.0.1:${https}" {
        ssl.engine = "enable"
        ssl.pemfile = "${certificate}"
        ssl.privkey = "${key}"
      }
    `,
  );
  const lighttpd = await start('lighttpd', ['-D', '-f', config], ports);
  return { origins: originsOf(http, https), stop: () => lighttpd.stop() };
}
