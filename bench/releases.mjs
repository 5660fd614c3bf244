// What a release costs those who call: rolling releases of a 3-replica service behind three proxies, while callers with
// kept-alive connections count failures and times, against the same callers at rest; the same callers of a docker swarm
// and of a Caddy reloaded by hand beside it. And how long an apply takes until all of 3 x 3 new replicas serve, against
// `ctr run` of as many and their health interval. Needs Linux and root:
// `node scripts/node24.mjs bench/releases.mjs [--releases 20] [--rounds 3] [--json]`.
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {quantile} from '../test/lab/harness/load.ts';
import {dockerPackages} from './docker-host.mjs';
import {caddyReloads, called, swarmUpdates} from './release-peers.mjs';
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
const swarmReleases = 2;
const reloads = 6;
const otherReleases = 5;

const still = '{archive: ./web.tar, replicas: 3, command: [httpd, -f, -p, "8080", -h, /www]}';

/** `route`: the service that callers reach, if any; `still` is one that no release changes. */
const stack = (version, {replicas = 3, strategy = 'rolling', route = 'web'} = {}) => `apiVersion: niyanta/v1
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
${route === 'still' ? `  still: ${still}\n` : ''}${route ? `routes:\n  - {path: /, service: ${route}, port: 8080}\n` : ''}`;

const p99 = load => quantile(load.times, 0.99);
const figures = (name, load) => ({
  [`${name}Failed`]: load.failures.length,
  [`${name}Requests`]: load.requests,
  [`${name}P99Ms`]: Number(p99(load).toPrecision(4)),
});

const swarm = await onStage({hosts: 3, extra: dockerPackages}, stage => swarmUpdates(stage, swarmReleases));

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
  const rest = await called(targets, () => sleep(10_000));
  const during = await called(targets, async () => {
    for (let release = 1; release <= Number(values.releases); release += 1) await apply(`release-${release}`);
  });
  const records = await stage.everywhere('cat /var/lib/niyanta/containers/*.json');
  const upstreams = records.map(record => `${JSON.parse(record).spec.network.address}:8080`);
  const byHand = await caddyReloads(stage, stage.lab.hosts[0], upstreams, reloads);
  const other = {route: 'still'};
  await apply('still', other);
  const besides = await called(targets, async () => {
    for (let release = 1; release <= otherReleases; release += 1) await apply(`other-${release}`, other);
  });
  const releases = row({
    name: 'releases-under-load',
    work: `p99 of requests during ${values.releases} rolling releases of 3 replicas behind 3 proxies`,
    against: 'p99 of the same callers while nothing is released',
    unit: 'ms',
    ours: [p99(during)],
    peer: [p99(rest)],
    aim: {atMost: 2},
    also: {
      failed: during.failures.length,
      requests: during.requests,
      resent: during.resent,
      swarmReleases,
      ...figures('swarm', swarm),
      reloads,
      ...figures('reload', byHand),
      otherReleases,
      ...figures('other', besides),
    },
  });
  if (during.failures.length > 0) releases.met = false;

  const nine = {replicas: 9, strategy: 'blue-green', route: ''};
  await apply('nine', nine);
  const image = await stage.sh('h1', "ctr -n niyanta images ls -q | grep -v '@' | head -n 1");
  /** Until the switch has finished: the old ones are stopped and removed after it. */
  const secondsToServing = async version => {
    await stage.write('stack.yaml', stack(version, nine));
    let switching;
    return stage.secondsUntil(
      ({type, title, operation, outcome}) => {
        if (type === 'operation-started' && title === 'send all requests to the new web') switching = operation;
        return type === 'operation-finished' && operation === switching && outcome === 'done';
      },
      'apply',
      '--yes',
    );
  };
  const ours = [];
  const peer = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    ours.push(await secondsToServing(`nine-${round}`));
    const bare = 'seq 3 | xargs -P 3 -I N ctr -n niyanta run --detach --null-io';
    const seconds = await Promise.all(hosts.map(host => stage.secondsOf(host, `${bare} ${image} bare-N`)));
    peer.push(Math.max(...seconds) + intervalMs / 1000);
    await stage.everywhere(
      'for i in 1 2 3; do ctr -n niyanta tasks rm --force bare-$i; ctr -n niyanta containers rm bare-$i; done',
    );
  }
  const serving = row({
    name: 'apply-to-serving',
    work: 'apply of 3 new replicas on each of 3 hosts, from its start until all requests go to them',
    against: 'bare ctr run of as many on all hosts at once, and one health interval',
    unit: 's',
    ours,
    peer,
    aim: {atMost: 1.5},
  });
  print(releases, serving);
});
