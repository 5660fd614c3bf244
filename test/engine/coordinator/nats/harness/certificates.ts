import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** An authority of a test's own, and certificates of it, made by openssl(1) in a folder. */
export interface Authority {
  readonly ca: string;
  /** Files of a certificate, good for servers at 127.0.0.1, too. */
  certificate(commonName: string): {readonly cert: string; readonly key: string};
}

export function authority(folder: string, name = 'ca'): Authority {
  const openssl = (...args: string[]) => execFileSync('openssl', args, {cwd: folder, stdio: 'pipe'});
  const key = (file: string) => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file);
  key(`${name}.key`);
  openssl('req', '-x509', '-new', '-key', `${name}.key`, '-days', '2', '-subj', `/CN=${name}`, '-out', `${name}.pem`);
  return {
    ca: join(folder, `${name}.pem`),
    certificate(commonName) {
      const file = `${name}-${commonName}`;
      key(`${file}.key`);
      openssl('req', '-new', '-key', `${file}.key`, '-subj', `/CN=${commonName}`, '-out', `${file}.csr`);
      writeFileSync(join(folder, `${file}.ext`), 'subjectAltName=IP:127.0.0.1\n');
      const signed = ['-CA', `${name}.pem`, '-CAkey', `${name}.key`, '-CAcreateserial', '-days', '2'];
      openssl('x509', '-req', '-in', `${file}.csr`, ...signed, '-extfile', `${file}.ext`, '-out', `${file}.pem`);
      return {cert: join(folder, `${file}.pem`), key: join(folder, `${file}.key`)};
    },
  };
}
