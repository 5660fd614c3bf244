// What niyanta adds to containerd: the time of `niyanta apply` of 40 replicas with networks on one lab host, against
// bare `ctr run` of as many four at once, without any network. Needs Linux and root:
// `node scripts/node24.mjs bench/apply-replicas.mjs [REPLICAS] [RELEASE]`.
import {spawn} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {labDown, labExec, labUp, parseReleases} from '../src/engine/lab/index.ts';
import {busyboxArchive} from '../test/lab/harness/busybox-archive.ts';

const [replicas = '40', release = 'bookworm'] = process.argv.slice(2);
const entry = new URL('../bin/dev.js', import.meta.url).pathname;
const name = `bench-${process.pid}`;
const folder = await mkdtemp(join(tmpdir(), 'niyanta-bench-'));

/** Seconds that a command of niyanta's takes, its start included. */
function niyanta(...args) {
  const began = performance.now();
  const child = spawn(process.execPath, [entry, '-C', folder, ...args], {stdio: ['ignore', 'pipe', 'pipe']});
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code =>
      code === 0
        ? resolve((performance.now() - began) / 1000)
        : reject(new Error(`niyanta ${args.join(' ')}\n${said}`)),
    );
  });
}

/** Seconds that a shell text takes on the host. */
async function onHost(text) {
  const began = performance.now();
  const {code, stdout, stderr} = await labExec(name, 'h1', ['sh', '-euc', text]);
  if (code !== 0) throw new Error(`${text}\n${stdout}${stderr}`);
  return {seconds: (performance.now() - began) / 1000, stdout: stdout.trim()};
}

try {
  await labUp({name, hosts: 1, release: parseReleases(release), systemd: false, prepared: true, onProgress: () => {}});
  const project = `apiVersion: niyanta/v1\nkind: Project\nname: bench\nlab: ${name}\n`;
  const stack = count =>
    `apiVersion: niyanta/v1\nkind: Stack\nname: bench\nservices:\n  web:\n    archive: ./web.tar\n    replicas: ${count}\n    stop: {grace: 0s}\n`;
  await writeFile(join(folder, 'niyanta.yaml'), project);
  await writeFile(join(folder, 'stack.yaml'), stack(1));
  await writeFile(join(folder, 'web.tar'), await busyboxArchive());
  // The image and niyanta's scripts are brought by the first replica, so that they are not measured.
  await niyanta('apply', '--yes');
  const {stdout: image} = await onHost("ctr -n niyanta images ls -q | grep -v '@' | head -n 1");
  const {seconds: bare} = await onHost(
    `seq ${replicas} | xargs -P 4 -I N ctr -n niyanta run --detach --null-io ${image} bare-N`,
  );
  await onHost(
    `for i in $(seq ${replicas}); do ctr -n niyanta tasks rm --force bare-$i; ctr -n niyanta containers rm bare-$i; done`,
  );
  await writeFile(join(folder, 'stack.yaml'), stack(1 + Number(replicas)));
  const apply = await niyanta('apply', '--yes', '--parallel', '4');
  const nothing = await niyanta('apply', '--yes');
  const ps = await niyanta('ps');
  const destroy = await niyanta('destroy', '--yes', '--parallel', '4');
  const each = seconds => `${seconds.toFixed(2)} s`;
  console.log(`${replicas} replicas on ${release}, 4 at once`);
  console.log(`bare ctr run       ${each(bare)}`);
  console.log(`niyanta apply      ${each(apply)}   ${(apply / bare).toFixed(2)} times as long`);
  console.log(`apply, no change   ${each(nothing)}`);
  console.log(`ps                 ${each(ps)}`);
  console.log(`destroy            ${each(destroy)}`);
} finally {
  await labDown(name);
  await rm(folder, {recursive: true, force: true});
}
