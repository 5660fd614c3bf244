import {join} from 'node:path';
import {beforeAll, test} from 'vitest';
import {checkHistory} from '../engine/coordinator/harness/check-history.ts';
import {Coordinators} from './harness/coordinators.ts';
import {DarkProxy} from './harness/dark-proxy.ts';
import {jump, jumpingTime} from './harness/fake-time.ts';
import {sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {recordRun} from './harness/record-run.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';
import {storeInPostgres} from './harness/store-in-postgres.ts';

const lab = sharedLab({hosts: 1});
let project: TestProject;
beforeAll(async () => {
  // A leader that is gone is followed soon, so that twenty of them can be.
  project = await lab().project('', {}, 'server:\n  failures: {leader: 1s}\n');
});

const waits = {timeout: 120_000, interval: 200};
const nap = (number: number) => ({name: `nap-${number}`, type: 'sleep', with: {seconds: (number % 10) / 10}});

// Beside each other: each has a database and coordinators of its own, and mostly waits.
test.concurrent('twenty leaders in turn are killed or stopped under load, and clocks jump: nothing is lost, nothing done twice', async ({
  expect,
  onTestFinished,
}) => {
  const postgres = storeInPostgres();
  onTestFinished((await postgres.start!()) as () => Promise<void>);
  const {location} = await postgres.make();
  const clock = join(lab().scratch, 'clock');
  await jump(clock, '+0');
  const coordinators = new Coordinators(key => ServedCoordinator.startOn(project, location, key, jumpingTime(clock)));
  onTestFinished(() => coordinators.end());
  await coordinators.add();
  await Promise.all([coordinators.add(), coordinators.add()]);
  coordinators.load(4, nap);
  for (let round = 0; round < 20; round += 1) {
    const leader = await coordinators.leader();
    await jump(clock, ['+1h', '+0', '-1h', '+0'][round % 4]!);
    if (round % 2 === 0) {
      coordinators.kill(leader);
      await coordinators.leader();
    } else {
      leader.child.kill('SIGSTOP');
      await coordinators.leader(leader);
      leader.child.kill('SIGCONT');
    }
  }
  await coordinators.stopLoad();
  await expect.poll(() => coordinators.unfinished(), waits).toEqual([]);

  const store = await postgres.open(location);
  onTestFinished(() => store.close());
  const record = await recordRun(store, [...coordinators.acknowledged.values()]);
  expect(checkHistory(record)).toEqual([]);
  expect(record.acknowledged.length).toBeGreaterThan(20);
  expect(record.events.filter(({type}) => type === 'leader.elected').length).toBeGreaterThan(20);
});

test.concurrent('the database is restarted under load, and later not reached for 30 s: nothing is lost, nothing done twice', async ({
  expect,
  onTestFinished,
}) => {
  const postgres = storeInPostgres();
  onTestFinished((await postgres.start!()) as () => Promise<void>);
  const proxy = await DarkProxy.before(join(postgres.server().folder, '.s.PGSQL.5432'));
  onTestFinished(() => proxy.close());
  const reached = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
  const coordinators = new Coordinators(key => ServedCoordinator.startOn(project, reached, key));
  onTestFinished(() => coordinators.end());
  await coordinators.add();
  await coordinators.add();
  const more = async (count: number) => {
    const before = coordinators.acknowledged.size;
    await expect.poll(() => coordinators.acknowledged.size, waits).toBeGreaterThan(before + count);
  };
  coordinators.load(4, nap);
  await more(10);
  postgres.server().halt();
  postgres.server().boot();
  await more(10);
  proxy.goDark();
  await new Promise(resolve => setTimeout(resolve, 30_000));
  proxy.light();
  await more(10);
  await coordinators.stopLoad();
  await expect.poll(() => coordinators.unfinished(), waits).toEqual([]);

  const store = await postgres.open(postgres.server().url('postgres'));
  onTestFinished(() => store.close());
  expect(checkHistory(await recordRun(store, [...coordinators.acknowledged.values()]))).toEqual([]);
});
