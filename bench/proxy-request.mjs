// Requests through niyanta's proxy and through Caddy configured by hand, the same program on the same host, with an access
// log as JSON each, to the same replica; by Debian's `ab`, with connections kept, in turns.
// `node scripts/node24.mjs bench/proxy-request.mjs [--requests 10000] [--rounds 11] [--json]`.

import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {inTurns, print, row} from './result.mjs';
import {onStage} from './stage.mjs';

const {values} = parseArgs({
  options: {
    requests: {type: 'string', default: '10000'},
    rounds: {type: 'string', default: '11'},
    json: {type: 'boolean', default: false},
  },
});

const caddy = '/usr/bin/caddy';

await onStage({hosts: 1}, async stage => {
  const [{name, address}] = stage.lab.hosts;
  await stage.sh(name, `base64 -d >${caddy}; chmod 755 ${caddy}`, readFileSync(caddy).toString('base64'));
  await stage.write(
    'niyanta.yaml',
    `apiVersion: niyanta/v1\nkind: Project\nname: bench\nlab: ${stage.name}\nhosts: {${name}: {labels: {proxy: "true"}}}\nproxy: {binary: ${caddy}}\n`,
  );
  // It answers faster than either proxy asks, so that the proxies are what is measured.
  await stage.write(
    'stack.yaml',
    `apiVersion: niyanta/v1
kind: Stack
name: bench
services:
  web:
    archive: ./web.tar
    mounts: ["/usr:/usr:ro", "/lib:/lib:ro", "/lib64:/lib64:ro"]
    command: [${caddy}, respond, --listen, ":8080", hello]
    health: {tcp: {port: 8080}}
routes:
  - {service: web, port: 8080}
`,
  );
  await stage.niyanta('apply', '--yes');
  const replica = JSON.parse(await stage.sh(name, 'cat /var/lib/niyanta/containers/*.json')).spec.network.address;
  const byHand = `{\n admin off\n auto_https off\n}\n:8081 {\n log {\n  output file /var/log/caddy/access.log\n }\n reverse_proxy ${replica}:8080\n}\n`;
  await stage.sh(name, 'mkdir -p /var/log/caddy; cat >/tmp/Caddyfile', byHand);
  await stage.sh(
    name,
    `HOME=/tmp setsid ${caddy} run --config /tmp/Caddyfile --adapter caddyfile >/tmp/caddy.log 2>&1 </dev/null & sleep 2`,
  );
  const perThousand = port => {
    const words = ['-q', '-k', '-c', '16', '-n', values.requests, `http://${address}:${port}/`];
    const said = execFileSync('ab', words, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});
    const failed = /^Failed requests:\s+(\d+)/m.exec(said)?.[1];
    if (failed !== '0' || /^Non-2xx/m.test(said)) throw new Error(said);
    return 1e6 / Number(/^Requests per second:\s+([\d.]+)/m.exec(said)[1]);
  };
  for (const port of [80, 8081]) perThousand(port);
  const {ours, peer} = await inTurns(
    Number(values.rounds),
    () => perThousand(80),
    () => perThousand(8081),
  );
  print(
    row({
      name: 'proxy-request',
      work: '1000 requests through the proxy, 16 at once',
      against: 'Caddy configured by hand',
      unit: 'ms',
      ours,
      peer,
      // 0.98 of its throughput.
      aim: {atMost: 1 / 0.98},
    }),
  );
});
