// What a run was made on, for the page: the figures mean little without.
import {execFileSync} from 'node:child_process';
import {availableParallelism, cpus, release, totalmem} from 'node:os';
import process from 'node:process';
import {dockerPackages} from './docker-host.mjs';
import {onStage} from './stage.mjs';

/** `{processors: '2 × …', memory: '24 GB', kernel, Node, containerd, …}`; the hosts' versions come from a lab host. */
export async function describeMachine() {
  const onHost = await onStage({extra: dockerPackages}, stage =>
    stage.sh(
      'h1',
      "dpkg-query -W -f='${Package} ${Version}\\n' containerd runc openssh-server docker.io docker-compose; . /etc/os-release; echo hosts $PRETTY_NAME",
    ),
  );
  const ansible = execFileSync('ansible-playbook', ['--version'], {encoding: 'utf8'});
  return {
    processors: `${availableParallelism()} × ${cpus()[0].model.trim()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    kernel: release(),
    Node: process.versions.node,
    ...Object.fromEntries(onHost.split('\n').map(line => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)])),
    Ansible: /core ([\d.]+)/.exec(ansible)[1],
  };
}
