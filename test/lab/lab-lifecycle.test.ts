import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {labDown, labUp, readLab} from '../../src/engine/lab/index.ts';
import {niyanta, startNiyanta, withLab} from './harness/index.ts';
import {uniqueLabName} from './harness/test-run.ts';
import {importImage, reaches, tracesOf} from './looking-at-labs.ts';

test('two labs live side by side and do not reach each other', async () => {
  await withLab({}, async one => {
    await withLab({}, async two => {
      expect(one.lab.number).not.toBe(two.lab.number);
      expect((await one.exec('h1', ['busybox', 'ping', '-c', '1', '-W', '1', two.host('h1').address])).code).not.toBe(
        0,
      );
      await two.kill('h1');
      expect(await one.sh('h1', 'hostname')).toBe('h1\n');
    });
    expect(await reaches(one, 'h1')).toBe(true);
  });
});

test('labs that are brought up at the same time get different subnets', async () => {
  const names = [uniqueLabName(), uniqueLabName(), uniqueLabName()];
  try {
    const labs = await Promise.all(names.map(name => labUp({name, hosts: 1})));
    expect(new Set(labs.map(lab => lab.number)).size).toBe(3);
  } finally {
    await Promise.all(names.map(labDown));
  }
});

test('down leaves nothing behind, not even of a lab with containers, and can be repeated', async () => {
  let number = 0;
  let directory = '';
  await withLab({hosts: 2}, async lab => {
    ({number, directory} = lab.lab);
    await importImage(lab, 'h1');
    await lab.sh('h1', 'ip netns add inner; ctr run -d docker.io/library/busybox:test one');
    expect(tracesOf(number, directory)).not.toEqual([]);
    await labDown(lab.name);
    expect(tracesOf(number, directory)).toEqual([]);
    expect(await labDown(lab.name)).toBe(false);
  });
});

test('down cleans up after a lab up that was killed half-way', async () => {
  const name = uniqueLabName();
  const child = startNiyanta(['lab', 'up', '--name', name, '--hosts', '3']);
  const ended = new Promise(resolve => child.once('close', resolve));
  while (readLab(name) === undefined && child.exitCode === null) await new Promise(resolve => setImmediate(resolve));
  child.kill('SIGKILL');
  await ended;
  const {number, directory, complete} = readLab(name)!;
  expect(complete).toBe(false);
  const again = await niyanta(['lab', 'up', '--name', name, '--hosts', '3', '--json']);
  expect(again).toMatchObject({code: 64, json: {error: {code: 'lab-half-made'}}});
  expect((await niyanta(['lab', 'down', '--name', name])).code).toBe(0);
  expect(tracesOf(number, directory)).toEqual([]);
});

test('a lab comes back after a restart of this machine, and never takes another one for its own', async () => {
  await withLab({}, async lab => {
    await lab.sh('h1', 'echo kept > /root/kept');
    const device = `nyl${lab.lab.number}`;
    await lab.kill('h1');
    execFileSync('ip', ['link', 'delete', device]);
    execFileSync('ip', ['netns', 'delete', device]);
    await labUp({name: lab.name, hosts: 1});
    expect(await reaches(lab, 'h1')).toBe(true);
    expect(await lab.sh('h1', 'cat /root/kept')).toBe('kept\n');

    const mark = readFileSync(`/sys/class/net/${device}/ifalias`, 'utf8').trim();
    execFileSync('ip', ['link', 'set', device, 'alias', 'niyanta-lab of someone else']);
    await expect(labUp({name: lab.name, hosts: 1})).rejects.toMatchObject({code: 'lab-number-taken'});
    const description = readFileSync(`${lab.lab.directory}/lab.json`);
    const {directory} = lab.lab;
    renameSync(directory, `${directory}.kept`);
    mkdirSync(directory);
    writeFileSync(`${directory}/lab.json`, description);
    await labDown(lab.name);
    renameSync(`${directory}.kept`, directory);
    execFileSync('ip', ['link', 'set', device, 'alias', mark]);
    expect(await reaches(lab, 'h1')).toBe(true);
  });
});

test('the commands do all of it', async () => {
  const name = uniqueLabName();
  const run = (...args: string[]) => niyanta(['lab', ...args, '--name', name, '--json']);
  try {
    const up = await run('up', '--hosts', '1');
    expect(up.json.lab).toMatchObject({
      name,
      complete: true,
      hosts: [{name: 'h1', release: 'bookworm', state: 'running'}],
    });
    expect(await niyanta(['lab', 'exec', 'h1', '--name', name, '--', 'sh', '-c', 'echo out; exit 7'])).toMatchObject({
      code: 7,
      stdout: 'out\n',
    });
    expect((await run('kill', 'h1')).json).toEqual({lab: name, host: 'h1', state: 'off'});
    const listed = (await niyanta(['lab', 'ls', '--json'])).json.labs.find((lab: {name: string}) => lab.name === name);
    expect(listed.hosts[0].state).toBe('off');
    expect((await run('reboot', 'h1')).json.state).toBe('running');
    expect((await run('partition', 'h1')).json.state).toBe('partitioned');
    expect((await run('heal', 'h1')).json.state).toBe('running');
    expect(await run('kill', 'h7')).toMatchObject({code: 64, json: {error: {code: 'no-such-lab-host'}}});
    expect((await run('down')).json).toEqual({removed: [name]});
    expect((await run('down')).json).toEqual({removed: []});
    expect(await run('kill', 'h1')).toMatchObject({code: 64, json: {error: {code: 'no-such-lab'}}});
  } finally {
    await labDown(name);
  }
});
