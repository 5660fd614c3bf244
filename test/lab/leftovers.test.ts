import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, containersOn, hostListing, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});
const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    command: [httpd, -f, -p, "8080", -h, /www]
    ports: ["8088:8080"]
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 0s}
`;
const ghost = 'shop-default-web-7-0a1b2c';

let project: TestProject;

async function ok(...words: string[]) {
  const done = await project.niyanta(words);
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  return done;
}
const plan = async () => (await ok('plan', '--json')).json;
const sh = (text: string) => lab().sh('h1', text);

/** Everything of a container that is not there: as when its manifest was removed by hand, or never reached the disk. */
const leave = (id: string, port: number) => `
  cd /var/lib/niyanta
  own=$(ls networks | grep ^shop-)
  cp -r networks/$own networks/${id}
  sed -i 's/"address":"[0-9.]*/"address":"10.89.0.77/; s/"mac":"[^"]*"/"mac":"02:6e:0a:59:00:4d"/' networks/${id}/bridge.json
  sed -i "s/$own/${id}/; s/8088/${port}/; s,\\"address\\":\\"[0-9.]*,\\"address\\":\\"10.89.0.77," networks/${id}/portmap.json
  echo 10.89.0.77 >networks/${id}/address
  /usr/local/lib/niyanta/network up ${id}
  for f in hosts/${id} hosts/${id}.hostname hosts/${id}.resolv logs/${id}.log logs/${id}.log.1 logs/${id}.starts containers/${id}.oci; do echo left >$f; done
  echo '{"version":1' >containers/${id}.json.new
  mkdir -p -m 700 /run/niyanta/env; echo TOKEN=secret-4711 >/run/niyanta/env/${id}`;

/** Where anything named like this is left on the host. */
const traces = (id: string) =>
  sh(
    `find /var/lib/niyanta /run/niyanta /run/netns -name '${id}*'; iptables-save | grep -F '${id}' || :; ip -o link | grep -F 'link-netns ${id}' || :; ctr -n niyanta containers ls -q | grep -x '${id}' || :; ctr -n niyanta snapshots ls | grep -F '${id}' || :`,
  );

beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  // Where earlier versions put environments while containers were made.
  await sh('mkdir -p /run/niyanta/env');
  await ok('apply', '--yes');
  expect((await plan()).operations).toEqual([]);
});

test('what an interrupted command left is told in the plan, and swept', async () => {
  const before = await hostListing(lab(), ['h1']);
  await sh(leave(ghost, 8099));
  expect(await traces(ghost)).not.toBe('');
  const {operations, summary} = await plan();
  expect(operations).toMatchObject([
    {kind: 'sweep', host: 'h1', reason: expect.stringContaining(`files and network of ${ghost}`)},
  ]);
  expect(summary).toEqual({create: 0, update: 0, replace: 0, delete: 0});
  await ok('apply', '--yes');
  expect(await traces(ghost)).toBe('');
  expect(await hostListing(lab(), ['h1'])).toEqual(before);
  expect((await plan()).operations).toEqual([]);
});

test("an environment's secrets left beside a container that runs are removed", async () => {
  const [id = ''] = await containersOn(lab(), 'h1');
  await sh(`echo TOKEN=secret-4711 >/run/niyanta/env/${id}; echo '{' >/var/lib/niyanta/containers/${id}.json.new`);
  await ok('apply', '--yes');
  expect(await sh(`ls /run/niyanta/env; ls /var/lib/niyanta/containers`)).toBe(`${id}.json\n${id}.oci\n`);
  expect(await containersOn(lab(), 'h1')).toEqual([id]);
});

test('a bridge and a rule that nobody is behind any more are removed', async () => {
  await sh(`ip link add ny00c0ffee type bridge
    iptables -t nat -A POSTROUTING -s 10.99.0.0/24 ! -d 224.0.0.0/4 ! -o ny00c0ffee -m comment --comment 'niyanta ny00c0ffee' -j MASQUERADE`);
  expect((await plan()).operations).toMatchObject([
    {kind: 'sweep', reason: expect.stringContaining('bridge ny00c0ffee')},
  ]);
  await ok('apply', '--yes');
  expect(await sh('ip -o link; iptables-save')).not.toContain('ny00c0ffee');
});

test('a container of ours whose manifest is gone, and that the lock file does not know, is removed', async () => {
  const other = 'shop-default-web-3-0a1b2c';
  await sh(`image=$(ctr -n niyanta images ls -q | grep '^niyanta.local' | head -n 1)
    ctr -n niyanta run -d --label niyanta.project=test --label niyanta.stack=shop --label niyanta.environment=default \\
      --label niyanta.service=web --label niyanta.replica=3 --label niyanta.spec=x $image ${other} sleep 1000`);
  expect((await plan()).operations).toMatchObject([{kind: 'container', action: 'delete', service: 'web', replica: 3}]);
  await ok('apply', '--yes');
  expect(await traces(other)).toBe('');
});

test("what is another environment's, or nobody's that niyanta knows, is left alone, whatever its name", async () => {
  await sh(`image=$(ctr -n niyanta images ls -q | grep '^niyanta.local' | head -n 1)
    ctr -n niyanta run -d $image shop-default-web-1-ffffff sleep 1000
    ctr -n niyanta images export /tmp/i.tar $image; ctr -n other images import /tmp/i.tar >/dev/null
    ctr -n other run -d $image shop-default-web-1-eeeeee sleep 1000
    ip netns add shop-default-web-9-dddddd; ip link add br-mine type bridge; ip link add nyours type bridge
    iptables -t nat -N MINE; iptables -t nat -A MINE -p tcp --dport 99 -j DNAT --to-destination 10.0.0.1:80
    mkdir -p /var/lib/niyanta/networks/other-prod-web-1-abcdef; echo young >/var/lib/niyanta/hosts/other-prod-web-1-abcdef`);
  const foreign = () =>
    sh(`for ns in niyanta other; do ctr -n $ns tasks ls | grep -e ffffff -e eeeeee | awk '{print $1, $2, $3}'; done
      ls /run/netns | grep dddddd; ip -o link | grep -o -e br-mine -e nyours | sort -u; iptables-save -t nat | grep -e MINE
      cat /var/lib/niyanta/hosts/other-prod-web-1-abcdef`);
  const before = await foreign();
  const found = await plan();
  expect(found.operations).toEqual([]);
  expect(found.warnings).toEqual([
    "container shop-default-web-1-ffffff on h1 is in containerd's namespace niyanta and not niyanta's; it is left alone",
  ]);
  await sh(leave(ghost, 8099));
  await ok('apply', '--yes');
  expect(await foreign()).toBe(before);
  await ok('destroy', '--yes');
  expect(await foreign()).toBe(before);
  expect(await traces(ghost)).toBe('');
});

test('after destroy of the last environment nothing is left of containers, young or old', async () => {
  await sh(`ctr -n niyanta tasks rm -f shop-default-web-1-ffffff; ctr -n niyanta containers rm shop-default-web-1-ffffff
    find /var/lib/niyanta/networks /var/lib/niyanta/hosts -name 'other-prod-*' -exec touch -d '20 minutes ago' {} +`);
  await ok('apply', '--yes');
  await ok('destroy', '--yes');
  expect(
    await sh(
      "cd /var/lib/niyanta && find . -type f ! -path './fences/*' ! -path './environments/*'; ls networks; ls /run/niyanta/env",
    ),
  ).toBe('');
  expect(await sh('ip -o link; iptables-save')).not.toMatch(/\bny[0-9a-f]{8}\b/);
  expect(await containersOn(lab(), 'h1')).toEqual([]);
});
