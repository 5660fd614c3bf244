// Readies the example: base root file systems for its images, and a random database password. May be run again.
//   sudo node examples/shop/prepare-images.mjs [--remove]
import {randomBytes} from 'node:crypto';
import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {placeRootfs} from './build-rootfs.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const say = text => process.stderr.write(`${text}\n`);

/** Which root file system each service's image starts from. */
const kinds = {db: 'db', backend: 'web', frontend: 'web'};

const rootfs = service => join(here, service, 'rootfs.tar');

function prepare() {
  for (const [service, kind] of Object.entries(kinds)) placeRootfs(kind, rootfs(service), say);
  const secrets = join(here, '.niyanta', 'secrets.yaml');
  if (existsSync(secrets)) return;
  mkdirSync(dirname(secrets), {recursive: true, mode: 0o700});
  writeFileSync(secrets, `db_password: ${randomBytes(24).toString('hex')}\n`, {mode: 0o600, flag: 'wx'});
}

/** What `prepare` made, but for the cache: another project may use that. The password goes with `.niyanta`. */
function remove() {
  for (const service of Object.keys(kinds)) rmSync(rootfs(service), {force: true});
}

try {
  if (process.argv.includes('--remove')) remove();
  else prepare();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
