import {beforeAll, expect, onTestFinished, test} from 'vitest';
import {Coordinators} from './harness/coordinators.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';
import {TestPostgres} from './harness/state-in-postgres.ts';

const lab = sharedLab({hosts: 1});
const waits = {timeout: 90_000, interval: 200};
const path = '/v1/environments/test.default';

const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./busybox.tar
    command: [sleep, "10000"]
    replicas: 2
    stop: {grace: 0s}
`;

let project: TestProject;
beforeAll(async () => {
  const files = {'busybox.tar': await busyboxArchive()};
  project = await lab().project(stack, files, 'server:\n  failures: {leader: 1s}\n');
});

const tasks = async () => (await lab().sh('h1', 'ctr -n niyanta tasks ls -q')).trim().split('\n').filter(Boolean);

test('two coordinators on one PostgreSQL: applied through the one that waits, healed by it once the leader was killed', async () => {
  const server = await TestPostgres.start();
  onTestFinished(() => server.stop());
  const location = server.url('postgres');
  const coordinators = new Coordinators(key => ServedCoordinator.startOn(project, location, key));
  onTestFinished(() => coordinators.end());
  const [first, second] = [await coordinators.add(), await coordinators.add()];
  const leader = await coordinators.leader();
  const other = leader === first ? second : first;
  const env = {NIYANTA_SERVER: other.address, NIYANTA_API_KEY: first.adminKey};
  expect(await project.niyanta(['apply', '--yes'], {env})).toMatchObject({code: 0});
  const seen = async () => {
    const {condition, services} = await other.ask('GET', path);
    return {condition, services};
  };
  const well = {condition: 'healthy', services: [{service: 'web', wanted: 2, good: 2}]};
  await expect.poll(seen, waits).toEqual(well);

  const [state] = await server.sql('postgres', 'select document from niyanta.lock_files where project = $$test$$');
  const [lease] = await server.sql('postgres', 'select record from niyanta.leases where environment = $$default$$');
  expect(JSON.parse(state!.document).environments.default.placements).toMatchObject({
    web: [{host: 'h1'}, {host: 'h1'}],
  });
  const {fence} = JSON.parse(lease!.record);
  expect(fence).toBeGreaterThan(0);

  leader.child.kill('SIGKILL');
  const [container] = await tasks();
  await lab().sh('h1', `ctr -n niyanta tasks rm -f ${container}; ctr -n niyanta containers rm ${container}`);
  const healings = async () => {
    const {items} = await other.ask('GET', `${path}/changes`);
    return items.filter(({kind, state: at}: Record<string, string>) => kind === 'heal' && at === 'done');
  };
  await expect.poll(healings, waits).toMatchObject([{outcome: {result: 'applied'}}]);
  await expect.poll(seen, waits).toEqual(well);
  expect(await tasks()).toHaveLength(2);
  const [after] = await server.sql('postgres', 'select record from niyanta.leases where environment = $$default$$');
  expect(JSON.parse(after!.record).fence).toBeGreaterThan(fence);
});
