// On a lab host with systemd: makes the container image and runs the coordinator from it, by the stack of
// deploy/image/README.md; then runs it as the service of deploy/systemd.
// Needs Linux, root and `npm run build`.
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {copyApp} from './copy-app.mjs';
import {newEnoughNode, root} from './node24.mjs';

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
  const pid = () => onHost('systemctl show --property MainPID --value niyanta').trim();
  const first = pid();
  onHost(
    `kill -9 ${first}; for n in $(seq 300); do systemctl is-active niyanta && [ "$(systemctl show -p MainPID --value niyanta)" != ${first} ] && exit; sleep 0.1; done; exit 1`,
  );
  leads();
  onHost('systemctl stop niyanta');
  const result = onHost('systemctl show --property Result --value niyanta').trim();
  if (result !== 'success') throw new Error(`the service ended with "${result}"`);
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
