import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Connection, connect, facts, script} from '../../src/engine/hosts/index.ts';
import {connectionBehaviour} from '../engine/hosts/connection-behaviour.ts';
import {connecting} from './connecting.ts';
import {sharedLab} from './harness/index.ts';

const lab = sharedLab({hosts: 2});
const {host, ssh} = connecting(lab);

describe.each([
  ['root', {}],
  ['deploy with sudo', {user: 'deploy', sudo: true}],
])('over SSH as %s', (_, user) => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connect(host('h1', user), ssh());
  });
  afterAll(() => connection.close());
  connectionBehaviour(() => connection);

  test('a terminal has its size, follows it, and ends with the process', async () => {
    const process = await connection.spawn(script('stty size; id -u; read x; stty size; exit 5'), {
      terminal: {columns: 91, rows: 27, term: 'xterm-256color'},
    });
    let shown = '';
    process.stdout.on('data', chunk => {
      shown += String(chunk).replaceAll('\r', '');
    });
    await until(async () => shown.includes('27 91\n0\n'));
    process.resize({columns: 120, rows: 40});
    process.stdin.write('\n');
    expect((await process.exit).code).toBe(5);
    await until(async () => shown.endsWith('40 120\n'));
  });

  test('a port of the host can be dialled, and one where nothing listens is told', async () => {
    const stream = await connection.dial('127.0.0.1', 22, 5000);
    const banner = await new Promise(resolve => stream.once('data', resolve));
    stream.destroy();
    expect(String(banner)).toMatch(/^SSH-2\.0-/);
    await expect(connection.dial('127.0.0.1', 2, 5000)).rejects.toMatchObject({code: 'dial-failed'});
  });

  test('the host says what it is', async () => {
    const found = facts.parse((await connection.run(facts.command)).stdout);
    expect(found).toMatchObject({
      os: {id: 'debian', version: '12'},
      containerd: {version: expect.stringMatching(/^1\.6\./), running: true},
      iptables: true,
      packageManager: 'apt',
      init: 'other',
    });
    expect(found.listening).toContainEqual({protocol: 'tcp', address: '0.0.0.0', port: 22, process: 'sshd'});
    expect(found.routes).toContain(
      `${lab()
        .host('h1')
        .address.replace(/\.\d+$/, '')}.0/24`,
    );
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
