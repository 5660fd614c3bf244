// docker-compose on a lab host: Debian's dockerd on the host's containerd, with the image that niyanta's stack has.
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {labExec} from '../src/engine/lab/index.ts';

/** For the root of the lab's hosts. */
export const dockerPackages = ['docker.io', 'docker-compose'];

const composeFile = `version: '3'
services:
  web:
    image: busybox:test
    stop_grace_period: 0s
`;

/** Starts dockerd on the host, loads the image, and writes /srv/bench/docker-compose.yml. */
export async function startDocker(stage, host) {
  // Its data lie on the real disk, where the host's containerd has its own.
  await stage.sh(
    host,
    `mkdir -p /var/lib/containerd/docker /srv/bench
nohup dockerd --containerd /run/containerd/containerd.sock --data-root /var/lib/containerd/docker > /var/log/dockerd.log 2>&1 &
tries=0; until docker info > /dev/null 2>&1; do tries=$((tries + 1)); [ $tries -lt 200 ] || { cat /var/log/dockerd.log; exit 1; }; sleep 0.1; done
cat > /srv/bench/docker-compose.yml`,
    composeFile,
  );
  const image = dockerArchive(stage.folder);
  const {code, stderr} = await labExec(stage.name, host, ['docker', 'load'], image);
  if (code !== 0) throw new Error(`docker load: ${stderr}`);
}

/** `docker-compose …` in the folder of the file. */
export const compose = words => `cd /srv/bench && docker-compose ${words}`;

/** The same image with the list that \`docker load\` of Docker 20.10 wants beside the OCI layout. */
function dockerArchive(folder) {
  const work = mkdtempSync(join(folder, 'image-'));
  try {
    execFileSync('tar', ['-xf', join(folder, 'web.tar'), '-C', work]);
    const blob = ({digest}) => `blobs/sha256/${digest.slice(7)}`;
    const read = path => JSON.parse(readFileSync(join(work, path), 'utf8'));
    const manifest = read(blob(read('index.json').manifests[0]));
    const list = [{Config: blob(manifest.config), RepoTags: ['busybox:test'], Layers: manifest.layers.map(blob)}];
    writeFileSync(join(work, 'manifest.json'), JSON.stringify(list));
    return execFileSync('tar', ['-cf', '-', '-C', work, '.'], {maxBuffer: 1 << 28});
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}
