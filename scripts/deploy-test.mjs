// On a lab host with systemd: makes the container image and runs the coordinator from it, by the stack of
// deploy/image/README.md; then runs it, and a worker, as the services of deploy/systemd.
// Needs Linux, root and `npm run build`.
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {copyApp} from './copy-app.mjs';
import {newEnoughNode, root} from './node24.mjs';
import {installDebianPackages} from './packages.mjs';

const lab = `image${process.pid}`;
const project = mkdtempSync(join(tmpdir(), 'niyanta-image-test-'));
const write = (name, text) => writeFileSync(join(project, name), text);

try {
  run(process.execPath, [join(root, 'scripts', 'image.mjs'), join(project, 'niyanta.tar')]);
  write('niyanta.yaml', `apiVersion: niyanta/v1\nkind: Project\nname: image\nlab: ${lab}\n`);
  niyanta('lab', 'up', '--name', lab, '--hosts', '1', '--systemd');
  servesFromItsImage();
  servesUnderSystemd();
} catch (error) {
  process.stdout.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  spawnSync(process.execPath, [join(root, 'bin', 'run.js'), 'lab', 'down', '--name', lab]);
  rmSync(project, {recursive: true, force: true});
}

function servesFromItsImage() {
  const [, stack] = /```yaml\n(.*?)```/s.exec(readFileSync(join(root, 'deploy', 'image', 'README.md'), 'utf8'));
  write('stack.yaml', stack);
  write('coordinator.yaml', 'apiVersion: niyanta/v1\nkind: Project\nname: served\n');
  niyanta('apply', '--yes');
  leads();
  onHost('busybox wget -qO /dev/null http://127.0.0.1:8460/docs/');
  const logs = niyanta('logs', 'niyanta');
  if (!logs.includes('this coordinator leads')) throw new Error(`its log does not say so: ${logs}`);
  niyanta('destroy', '--yes', '--volumes');
}

/** Begins, reads its files again, begins anew after kill -9, and ends in good order. */
function servesUnderSystemd() {
  const app = join(project, 'app');
  copyApp(app);
  cpSync(newEnoughNode(), join(app, 'node'), {dereference: true});
  const files = spawnSync('tar', ['-C', app, '-c', '.'], {maxBuffer: 1024 ** 3}).stdout;
  onHost('mkdir /opt/niyanta && tar -C /opt/niyanta -x', files);
  onHost(`useradd --system niyanta && mkdir /etc/niyanta
printf '#!/bin/sh\\nexec /opt/niyanta/node /opt/niyanta/bin/run.js "$@"\\n' >/usr/bin/niyanta && chmod 755 /usr/bin/niyanta
printf 'apiVersion: niyanta/v1\\nkind: Project\\nname: unit\\n' >/etc/niyanta/niyanta.yaml`);
  const unit = readFileSync(join(root, 'deploy', 'systemd', 'niyanta.service'));
  onHost('cat >/etc/systemd/system/niyanta.service && systemctl daemon-reload && systemctl start niyanta', unit);
  leads();
  onHost('systemctl reload niyanta');
  leads();
  comesBack('niyanta');
  leads();
  worksUnderSystemd();
  stops('niyanta');
}

/** A worker over NATS: comes again after kill -9, and drains when it is stopped; what it did goes on from a checkpoint. */
function worksUnderSystemd() {
  onHost('cat >/usr/local/bin/nats-server && chmod 755 /usr/local/bin/nats-server', readFileSync(natsServer()));
  onHost('systemd-run --unit nats /usr/local/bin/nats-server -js -sd /var/lib/nats -a 127.0.0.1');
  const unit = readFileSync(join(root, 'deploy', 'systemd', 'niyanta-worker.service'));
  onHost('cat >/etc/systemd/system/niyanta-worker.service', unit);
  onHost(`umask 077; echo NIYANTA_NATS_URL=nats://127.0.0.1:4222 | tee /etc/niyanta/coordinator.env >/etc/niyanta/worker.env
systemctl daemon-reload; systemctl restart niyanta; systemctl start niyanta-worker`);
  const key = /Admin key: (\S+)/.exec(onHost('journalctl -u niyanta -o cat'))?.[1];
  if (key === undefined) throw new Error('the journal has no admin key');
  onHost('umask 077; cat >/root/asking', `export NIYANTA_SERVER=http://127.0.0.1:8460 NIYANTA_API_KEY=${key}\n`);
  const asked = words => `. /root/asking; niyanta ${words}`;
  const until = (words, text) =>
    onHost(
      `for n in $(seq 100); do case $(${asked(words)} --json | tr -d ' \\n') in *'${text}'*) exit 0 ;; esac; sleep 0.1; done; ${asked(words)}; exit 1`,
    );
  until('worker ls', '"condition":"well"');
  const nap =
    'apiVersion: niyanta/v1\nkind: Workload\nname: nap\ntype: sleep\nwith: {seconds: 600}\ncheckpoint: {grace: 10s}\n';
  const {workloads} = JSON.parse(onHost(`cat >/root/nap.yaml; ${asked('submit /root/nap.yaml --json')}`, nap));
  const show = `workload show ${workloads[0].id}`;
  until(show, '"state":"RUNNING"');
  comesBack('niyanta-worker');
  until('worker ls', '"condition":"well"');
  until(show, '"state":"RUNNING"');
  stops('niyanta-worker');
  until(`checkpoint ls ${workloads[0].id}`, '"why":"drain"');
  until(show, '"state":"PENDING"');
}

/** Killed, a service is started again. */
function comesBack(service) {
  const first = onHost(`systemctl show --property MainPID --value ${service}`).trim();
  onHost(
    `kill -9 ${first}; for n in $(seq 300); do systemctl is-active ${service} && [ "$(systemctl show -p MainPID --value ${service})" != ${first} ] && exit; sleep 0.1; done; exit 1`,
  );
}

function stops(service) {
  onHost(`systemctl stop ${service}`);
  const result = onHost(`systemctl show --property Result --value ${service}`).trim();
  if (result !== 'success') throw new Error(`${service} ended with "${result}"`);
}

/** Debian's, of this machine. */
function natsServer() {
  const missing = installDebianPackages('tests');
  if (missing.length > 0) throw new Error(`these Debian packages are missing: ${missing.join(' ')}`);
  return '/usr/sbin/nats-server';
}

/** Waits until the coordinator on the host says that it leads. */
function leads() {
  const ready = 'busybox wget -qO- http://127.0.0.1:8460/ready 2>/dev/null';
  onHost(
    `for n in $(seq 600); do case $(${ready}) in *'"leads":true'*) exit 0 ;; esac; sleep 0.1; done; ${ready}; exit 1`,
  );
}

function onHost(text, input) {
  const words = ['lab', 'exec', 'h1', '--name', lab, '--', 'sh', '-c', text];
  return run(process.execPath, [join(root, 'bin', 'run.js'), ...words], input);
}

function niyanta(...words) {
  return run(process.execPath, [join(root, 'bin', 'run.js'), ...words]);
}

function run(program, words, input) {
  const {status, stdout, stderr} = spawnSync(program, words, {cwd: project, encoding: 'utf8', input});
  if (status !== 0) throw new Error(`${words.slice(1).join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
