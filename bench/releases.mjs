// What a release costs those who call: rolling releases of a 3-replica service behind three proxies, while callers with
// kept-alive connections count failures and times, against the same callers at rest. And how long an apply takes until
// all of 3 x 3 new replicas serve, against `ctr run` of as many and their health interval. Needs Linux and root:
// `node scripts/node24.mjs bench/releases.mjs [--releases 20] [--rounds 3] [--json]`.
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {Load, quantile} from '../test/lab/harness/load.ts';
import {print, row} from './result.mjs';
import {onStage} from './stage.mjs';

const {values} = parseArgs({
  options: {
    releases: {type: 'string', default: '20'},
    rounds: {type: 'string', default: '3'},
    json: {type: 'boolean', default: false},
  },
});
const hosts = ['h1', 'h2', 'h3'];
const intervalMs = 200;

const stack = (version, {replicas = 3, strategy = 'rolling', route = true} = {}) => `apiVersion: niyanta/v1
kind: Stack
name: bench
services:
  web:
    archive: ./web.tar
    replicas: ${replicas}
    env: {VERSION: "${version}"}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: ${intervalMs}ms}
    stop: {grace: 1s}
    update: {strategy: ${strategy}, maxSurge: 3, drain: 5s}
${route ? 'routes:\n  - {path: /, service: web, port: 8080}\n' : ''}`;

await onStage({hosts: 3, extra: ['caddy']}, async stage => {
  const labels = hosts.map(host => `  ${host}: {labels: {proxy: "true"}}\n`).join('');
  const head = `apiVersion: niyanta/v1\nkind: Project\nname: bench\nlab: ${stage.name}\n`;
  await stage.write('niyanta.yaml', `${head}hosts:\n${labels}proxy: {binary: /usr/bin/caddy}\n`);
  const apply = async (version, more) => {
    await stage.write('stack.yaml', stack(version, more));
    return stage.niyanta('apply', '--yes');
  };
  await apply('first');
  const targets = stage.lab.hosts.map(({address}) => ({address}));
  const called = async work => {
    const load = new Load(targets, {callers: 4, pauseMs: 10});
    await work();
    return load.stop();
  };
  const rest = await called(() => sleep(10_000));
  const during = await called(async () => {
    for (let release = 1; release <= Number(values.releases); release += 1) await apply(`release-${release}`);
  });
  const p99 = load => quantile(load.times, 0.99);
  const releases = row({
    name: 'releases-under-load',
    work: `p99 of requests during ${values.releases} rolling releases of 3 replicas behind 3 proxies`,
    against: 'p99 of the same callers while nothing is released',
    unit: 'ms',
    ours: [p99(during)],
    peer: [p99(rest)],
    aim: {atMost: 2},
    also: {failed: during.failures.length, requests: during.requests, resent: during.resent},
  });
  if (during.failures.length > 0) releases.met = false;

  const nine = {replicas: 9, strategy: 'blue-green', route: false};
  await apply('nine', nine);
  const image = await stage.sh('h1', "ctr -n niyanta images ls -q | grep -v '@' | head -n 1");
  const ours = [];
  const peer = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    ours.push(await apply(`nine-${round}`, nine));
    const bare = 'seq 3 | xargs -P 3 -I N ctr -n niyanta run --detach --null-io';
    const seconds = await Promise.all(hosts.map(host => stage.secondsOf(host, `${bare} ${image} bare-N`)));
    peer.push(Math.max(...seconds) + intervalMs / 1000);
    await stage.everywhere(
      'for i in 1 2 3; do ctr -n niyanta tasks rm --force bare-$i; ctr -n niyanta containers rm bare-$i; done',
    );
  }
  const serving = row({
    name: 'apply-to-serving',
    work: 'apply of 3 new replicas on each of 3 hosts, whole process, old ones stopped and removed',
    against: 'bare ctr run of as many on all hosts at once, and one health interval',
    unit: 's',
    ours,
    peer,
    aim: {atMost: 1.5},
  });
  print(releases, serving);
});
