// What releases of other means cost the same callers: `docker service update` of a swarm, and `caddy reload` by hand.
import {setTimeout as sleep} from 'node:timers/promises';
import {Load} from '../test/lab/harness/load.ts';
import {startDocker} from './docker-host.mjs';

/** The callers of every measurement, while `work` runs; the load that has ended. */
export async function called(targets, work) {
  const load = new Load(targets, {callers: 4, pauseMs: 10});
  try {
    await work();
  } finally {
    await load.stop();
  }
  return load;
}

/**
 * A service with a replica on each host of the stage, each on its host's port 8080, updated so many times. Ports of the
 * hosts and dnsrr because swarm's own balancing needs IPVS, which the kernel may lack; with them swarm stops the old
 * replica first.
 */
export async function swarmUpdates(stage, updates) {
  const {hosts} = stage.lab;
  const [manager, ...workers] = hosts;
  await Promise.all(hosts.map(({name}) => startDocker(stage, name)));
  await stage.sh(manager.name, `docker swarm init --advertise-addr ${manager.address}`);
  const token = await stage.sh(manager.name, 'docker swarm join-token -q worker');
  for (const {name} of workers) await stage.sh(name, `docker swarm join --token ${token} ${manager.address}:2377`);
  await stage.sh(
    manager.name,
    `timeout 60 docker service create --quiet --name web --replicas ${hosts.length} --replicas-max-per-node 1 \
--endpoint-mode dnsrr --publish mode=host,published=8080,target=8080 --no-resolve-image --env VERSION=0 \
--stop-grace-period 1s --health-cmd 'wget -q -O /dev/null http://127.0.0.1:8080/' --health-interval 200ms \
--update-parallelism 1 --update-order stop-first --update-delay 0s --update-monitor 100ms \
busybox:test httpd -f -p 8080 -h /www`,
  );
  return called(
    hosts.map(({address}) => ({address, port: 8080})),
    async () => {
      for (let update = 1; update <= updates; update += 1) await stage.sh(manager.name, swarmUpdate(update));
    },
  );
}

/** Ends when the new replicas run, without the 5 s that the command itself then looks on, in which nothing happens. */
const swarmUpdate = version => `docker service update --detach --env-add VERSION=${version} --no-resolve-image web
tries=0
until [ "$(docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' web)" = completed ]; do
  tries=$((tries + 1)); [ $tries -lt 300 ] || { docker service ps --no-trunc web; exit 1; }; sleep 0.2
done`;

/**
 * A Caddy by Caddyfile on a host, before these upstreams (`10.0.0.2:8080`); once a second one of them is taken out, or
 * put in again, and `caddy reload` run. Nothing behind it is stopped.
 */
export async function caddyReloads(stage, {name, address}, upstreams, reloads) {
  const port = 8081;
  const write = to => stage.sh(name, 'mkdir -p /srv/byhand; cat >/srv/byhand/Caddyfile', caddyfile(port, to));
  const words = '--config /srv/byhand/Caddyfile --adapter caddyfile';
  await write(upstreams);
  await stage.sh(
    name,
    `HOME=/srv/byhand setsid caddy run ${words} >/srv/byhand/log 2>&1 </dev/null & echo $! >/srv/byhand/pid
tries=0; until grep -q 'serving initial configuration' /srv/byhand/log; do tries=$((tries + 1)); [ $tries -lt 100 ] || { cat /srv/byhand/log; exit 1; }; sleep 0.1; done`,
  );
  const load = await called([{address, port}], async () => {
    for (let reload = 0; reload < reloads; reload += 1) {
      await sleep(1000);
      await write(reload % 2 === 0 ? upstreams.toSpliced(reload % upstreams.length, 1) : upstreams);
      await stage.sh(name, `HOME=/srv/byhand caddy reload ${words}`);
    }
    await sleep(1000);
  });
  await stage.sh(name, 'kill $(cat /srv/byhand/pid)');
  return load;
}

const caddyfile = (port, upstreams) => `{
  admin 127.0.0.1:2020
  auto_https off
}
:${port} {
  log {
    output file /srv/byhand/access.log
  }
  reverse_proxy ${upstreams.join(' ')}
}
`;
