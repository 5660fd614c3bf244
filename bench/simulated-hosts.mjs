// Hosts for benchmarks that a machine could not run so many of: their SSH is real (key exchange, logging in, channels),
// what they run is not. They answer with the observation of a real lab host, in which the containers of a plan stand.
import {fork} from 'node:child_process';
import {availableParallelism} from 'node:os';
import {fileURLToPath} from 'node:url';
import ssh2 from 'ssh2';
import {fingerprintOf} from '../src/engine/hosts/host-key.ts';
import {labDown, labExec, labUp, parseReleases} from '../src/engine/lab/index.ts';
import {manifestOf} from '../src/engine/runtime/containers/write-manifest.ts';
import {networkText} from '../src/engine/runtime/host-network.ts';
import {namesFingerprint} from '../src/engine/runtime/names.ts';
import {observeScript, sectionMark} from '../src/engine/runtime/observe-script.ts';
import {toolkitHash} from '../src/engine/runtime/toolkit/index.ts';

/** SSH servers for these names: `{hosts: [{name, port, hostKey}], tell(Map name → observation), close}`. */
export async function startSimulatedHosts(names) {
  const processes = Array.from({length: availableParallelism()}, () =>
    fork(fileURLToPath(new URL('simulated-sshd.mjs', import.meta.url)), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  const ask = (child, message) =>
    new Promise((resolve, reject) => {
      const onExit = code => reject(new Error(`the simulated hosts ended with ${code}`));
      child.once('exit', onExit);
      child.once('message', answer => resolve(child.off('exit', onExit) && answer));
      child.send(message);
    });
  const hosts = await Promise.all(
    processes.map(async (child, nth) => {
      const mine = names.filter((_, i) => i % processes.length === nth);
      const keys = mine.map(freshKey);
      const ports = await ask(child, {hosts: mine.map((name, i) => ({name, key: keys[i].private}))});
      return mine.map((name, i) => {
        const blob = ssh2.utils.parseKey(keys[i].public).getPublicSSH();
        return {name, port: ports[i], hostKey: fingerprintOf(blob)};
      });
    }),
  );
  return {
    hosts: hosts.flat().sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name)),
    tell: answers => Promise.all(processes.map(child => ask(child, {answers: [...answers]}))),
    close: () => processes.forEach(child => void child.kill()),
  };
}

/** ssh2 makes a key that it cannot read itself once in a few hundred times. */
export function freshKey() {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** What a look at a fresh host of a real lab gives. */
export async function recordedObservation(release = 'bookworm') {
  const name = `bench-look-${process.pid}`;
  try {
    await labUp({
      name,
      hosts: 1,
      release: parseReleases(release),
      systemd: false,
      prepared: true,
      onProgress: () => {},
    });
    return (await labExec(name, 'h1', ['sh', '-s'], observeScript)).stdout;
  } finally {
    await labDown(name);
  }
}

/** The observation of a host on which these containers run. */
export function observationOf(recorded, {host, address, specs: all, network}) {
  const pid = index => 1000 + index;
  const specs = all.filter(spec => spec.host === host);
  const peers = all.map(({id, service, replica, network: {address: own}}) => ({id, service, replica, address: own}));
  const images = new Map(specs.map(({image}) => [image.name, image.digest]));
  const lines = {
    toolkit: [toolkitHash],
    manifests: specs.map(spec => {
      const manifest = manifestOf(spec, {serial: 1, createdAt: '2026-01-02T03:04:05.000Z'});
      return `./${spec.id}.json:${JSON.stringify(manifest)}`;
    }),
    tasks: ['TASK    PID    STATUS', ...specs.map(({id}, i) => `${id}    ${pid(i)}    RUNNING`)],
    // Once for being there, once for being kept running.
    containers: specs.flatMap(({id}) => [id, id]),
    starts: specs.map(({id}) => `./${id}.starts 1 1795249442`),
    addresses: [
      ...specs.map(({network: {address: own}}, i) => `/proc/${pid(i)}/net/fib_trie ${own}`),
      ...specs.slice(0, 1).map(({network: {gateway}}) => `/proc/net/fib_trie ${gateway}`),
    ],
    devices: specs.slice(0, 1).map(({network: {bridge}}) => `9: ${bridge}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450`),
    translation: [
      ...specs
        .slice(0, 1)
        .map(
          ({network: {bridge, subnet}}) =>
            `-A POSTROUTING -s ${subnet} ! -o ${bridge} -m comment --comment "niyanta ${bridge}" -j MASQUERADE`,
        ),
      'COMMIT',
    ],
    namespaces: specs.map(({id}) => `/run/netns/${id}`),
    names: peers
      .filter(({id}) => specs.some(spec => spec.id === id))
      .flatMap(self => [
        `${namesFingerprint(self, peers)[0]}  ./${self.id}`,
        ...['hostname', 'resolv'].map(kind => `${'0'.repeat(32)}  ./${self.id}.${kind}`),
      ]),
    networks: network
      ? networkText(network)
          .trimEnd()
          .split('\n')
          .map(line => `./${network.bridge}:${line}`)
      : [],
    images: ['REF TYPE DIGEST SIZE', ...[...images].map(([name, digest]) => `${name} manifest ${digest} 1.1 MiB`)],
  };
  // Of the host that was looked at, its own address alone is another one.
  return recorded
    .replaceAll(/\b10\.200\.\d+\.11\b/g, address)
    .split(sectionMark)
    .map(section => {
      const name = section.slice(0, section.indexOf('\n'));
      return lines[name] ? `${name}\n${lines[name].join('\n')}\n` : section;
    })
    .join(sectionMark);
}
