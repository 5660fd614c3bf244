import {beforeAll, expect, test} from 'vitest';
import {keptLogLines} from '../../src/engine/coordinator/types/kept-log.ts';
import {observe} from '../../src/engine/runtime/observe.ts';
import {sweepWorkloads} from '../../src/engine/runtime/workloads/attempts-on-host.ts';
import {workloadHost} from '../../src/engine/runtime/workloads/workload-host.ts';
import {checkpointRow} from '../engine/coordinator/types/attempts.ts';
import {sharedLab} from './harness/index.ts';
import {JobHosts} from './harness/job-host.ts';

const lab = sharedLab({hosts: 2});
let jobs: JobHosts;
beforeAll(async () => {
  jobs = await JobHosts.ready(lab());
});

test('a job runs once with its inputs, and what comes out of it is kept', async () => {
  const {end, attempt} = await jobs.run({
    script: `echo begun; echo oops >&2; cat /in/data.csv >/report.txt; env | grep -e NIYANTA -e TOKEN | sort >/env.txt
      echo '{"rows": 2}' >/result.json; grep -e CapEff -e NoNewPrivs -e Seccomp: /proc/self/status >/status.txt; exit 3`,
    env: {TOKEN: 'is ${secret:token}'},
    inputs: {'/in/data.csv': 'a\\nb\\n'},
    workload: {outputs: {files: ['/report.txt', '/env.txt', '/status.txt', '/none.txt'], result: '/result.json'}},
  });
  expect(end).toMatchObject({
    outcome: 'failed',
    exitCode: 3,
    reason: 'exit 3; /none.txt: there is no such file',
    transient: false,
    result: {rows: 2},
  });
  expect(jobs.text(end.outputs['/report.txt'])).toBe('a\\nb\\n');
  expect(jobs.text(end.outputs['/env.txt']).split('\n')).toEqual([
    'NIYANTA_ATTEMPT=1',
    'NIYANTA_CHECKPOINT_DEADLINE=/niyanta/notice/deadline',
    'NIYANTA_CHECKPOINT_DIR=/niyanta/checkpoint',
    `NIYANTA_WORKLOAD_ID=${attempt.workload.id}`,
    'TOKEN=is value-of-token',
    '',
  ]);
  expect(jobs.text(end.outputs['/status.txt'])).toMatch(/CapEff:\t[0-9a-f]+\nNoNewPrivs:\t1\nSeccomp:\t2\n/);
  const log = await keptLogLines(jobs.blobs.kept.get(end.outputs.log!)!);
  expect(log.map(({stream, text}) => `${stream} ${text}`).sort()).toEqual(['stderr oops', 'stdout begun']);
});

test('logs are read while it runs, and from where a reader stopped', async () => {
  const attempt = await jobs.attempt({
    script: 'for i in 1 2 3; do echo line $i; done; sleep 60',
  });
  const {ended} = await jobs.begin(attempt);
  const reading = new AbortController();
  const lines: {id: string; text: string}[] = [];
  for await (const line of jobs.type.logs!(attempt, {follow: true, signal: reading.signal})) {
    lines.push(line);
    if (lines.length === 3) break;
  }
  expect(lines.map(({text}) => text)).toEqual(['line 1', 'line 2', 'line 3']);
  const rest = jobs.type.logs!(attempt, {follow: true, after: lines[1]!.id, signal: reading.signal});
  const text = async () => {
    const all: string[] = [];
    for await (const line of rest) all.push(line.text);
    return all;
  };
  const reader = text();
  await jobs.type.close(attempt);
  // A reader's end comes with the attempt's, even when that is removed.
  expect(await reader).toEqual(['line 3']);
  expect(await ended).toMatchObject({outcome: 'failed', exitCode: 137, outputs: {log: expect.any(String)}});
  expect(await jobs.type.found!(attempt.host!)).toEqual([]);
});

test('an attempt goes on while nobody is connected, and whoever comes next adopts it', async () => {
  const attempt = await jobs.attempt({
    script: 'echo begun; until [ -e /tmp/go ]; do sleep 0.1; done; echo done; exit 4',
  });
  const {ended} = await jobs.begin(attempt);
  await expect.poll(() => jobs.log(attempt), {timeout: 20_000}).toContain('begun');
  await jobs.forgetConnections();
  await expect(ended).rejects.toMatchObject({name: 'OutsideError'});
  const again = await jobs.attempt({id: attempt.workload.id});
  expect(await jobs.type.found!(again.host!)).toEqual([{workload: attempt.workload.id, attempt: 1, running: true}]);
  const type = jobs.anotherType();
  const adopted = await jobs.begin(again, type);
  const inside = 'ctr -n niyanta tasks exec --exec-id go workload.';
  await lab().sh('h1', `${inside}${attempt.workload.id}.1 touch /tmp/go`);
  expect(await adopted.ended).toMatchObject({outcome: 'failed', exitCode: 4, reason: 'exit 4'});
  expect(await lab().sh('h1', `grep -c begun /var/lib/niyanta/logs/workload.${attempt.workload.id}.1.log`)).toBe('1\n');
  await type.close(again);
  // Not run again: of what it left, how it ended is all that is known.
  const kept = await type.execute(again);
  expect(kept).toMatchObject({outcome: 'failed', exitCode: 4, transient: false, outputs: {}});
  expect(kept.reason).toContain('its host says so');
});

test('a connection that breaks in the middle does not end the wait', async () => {
  const attempt = await jobs.attempt({script: 'until [ -e /tmp/go ]; do sleep 0.1; done; exit 5'});
  const {ended} = await jobs.begin(attempt);
  await lab().sh('h1', 'pkill -KILL sshd');
  await lab().sh('h1', `ctr -n niyanta tasks exec --exec-id go workload.${attempt.workload.id}.1 touch /tmp/go`);
  expect(await ended).toMatchObject({exitCode: 5});
  await jobs.type.close(attempt);
});

test('a newer attempt ends the older one on its host first, and an older one is refused', async () => {
  const first = await jobs.attempt({script: 'sleep 60'});
  const {ended} = await jobs.begin(first);
  const second = await jobs.attempt({id: first.workload.id, attempt: 2, script: 'exit 0'});
  expect(await (await jobs.begin(second)).ended).toMatchObject({outcome: 'succeeded', reason: 'exit 0'});
  expect(await ended).toMatchObject({outcome: 'failed'});
  await expect(jobs.type.init(first).then(() => jobs.type.execute(first))).rejects.toMatchObject({code: 'fenced'});
  await jobs.type.close(second);
});

test('a job that needs more memory than it may have is named so', async () => {
  const {end} = await jobs.run({
    script: 'x=$(head -c 100000000 /dev/zero | tr "\\0" a); echo ${#x}',
    workload: {resources: {memory: 32 * 2 ** 20}},
  });
  expect(end).toMatchObject({outcome: 'failed', transient: false});
  expect(end.reason).toContain('out of memory, limit 32 MiB');
});

test("a command that is not in the image is the job's failure", async () => {
  const {end} = await jobs.run({command: ['no-such-program']});
  expect(end).toMatchObject({outcome: 'failed', exitCode: 127, reason: expect.stringContaining('command not found')});
});

const writer = `trap 'echo told; n=$((n + 1)); echo state $n >$NIYANTA_CHECKPOINT_DIR/state.$n; cd $NIYANTA_CHECKPOINT_DIR
    echo $((n * 10)) >progress; echo "$(sha256sum state.$n)" >sums.new; mv sums.new SHA256SUMS' USR1
  n=0; [ -z "$NIYANTA_RESTORE_FROM" ] || n=$(cat $NIYANTA_RESTORE_FROM/state.* | cut -d ' ' -f 2)
  echo begun at $n; while :; do sleep 0.1; done`;

test('an image that someone removed is brought again', async () => {
  await lab().sh('h1', 'ctr -n niyanta images ls -q | xargs ctr -n niyanta images rm --sync');
  expect((await jobs.run({script: 'exit 6'})).end).toMatchObject({exitCode: 6});
});

test('a checkpoint is written when told, and another host goes on from the newest one that is whole', async () => {
  const first = await jobs.attempt({script: writer});
  const {ended} = await jobs.begin(first);
  await expect.poll(() => jobs.log(first), {timeout: 20_000}).toContain('begun at 0');
  const one = await jobs.type.checkpoint(first, {why: 'manual', deadlineMs: 20_000});
  const two = await jobs.type.checkpoint(first, {why: 'manual', deadlineMs: 20_000});
  expect([one?.progress, two?.progress]).toEqual([10, 20]);
  await jobs.type.close(first);
  await ended;
  jobs.blobs.kept.get(two!.sha256)![20]! ^= 1;
  const rows = [checkpointRow(2, two!), checkpointRow(1, one!)];
  const second = await jobs.attempt({id: first.workload.id, attempt: 2, script: writer, host: 'h2', checkpoints: rows});
  const going = await jobs.begin(second);
  await expect.poll(() => jobs.log(second), {timeout: 20_000}).toContain('begun at 1');
  expect(second.report.said.slice(0, 2)).toEqual([
    ['corrupt', 2, 'its checksum is wrong'],
    ['restored', 1],
  ]);
  await jobs.type.close(second);
  await going.ended;
});

test('a job that ignores the notice writes none; one that ends with 85 leaves its last', async () => {
  const deaf = await jobs.attempt({script: "trap '' USR1; sleep 60"});
  const {ended} = await jobs.begin(deaf);
  expect(await jobs.type.checkpoint(deaf, {why: 'preemption', deadlineMs: 500})).toBeUndefined();
  await jobs.type.close(deaf);
  expect(await ended).toMatchObject({outcome: 'failed'});

  const {end} = await jobs.run({script: 'echo half >$NIYANTA_CHECKPOINT_DIR/state; exit 85'});
  expect(end).toMatchObject({outcome: 'checkpointed', exitCode: 85, checkpoint: {size: expect.any(Number)}});
  const {end: without} = await jobs.run({script: 'exit 85'});
  expect(without).toMatchObject({outcome: 'failed', reason: expect.stringContaining('it left no checkpoint')});
});

test('a checkpoint that a job writes by itself is taken, and its progress told', async () => {
  const attempt = await jobs.attempt({
    script: `cd $NIYANTA_CHECKPOINT_DIR; echo 30 >progress; echo half >state; sha256sum state >sums; mv sums SHA256SUMS
      sleep 60`,
  });
  const {ended} = await jobs.begin(attempt);
  const taken = {size: expect.any(Number), place: {kind: 'blob'}, progress: 30};
  await expect
    .poll(() => attempt.report.said, {timeout: 20_000})
    .toEqual([['started'], ['progress', 30], ['checkpointed', expect.objectContaining(taken)]]);
  await jobs.type.close(attempt);
  // Nobody is told of it twice.
  expect(await ended).not.toHaveProperty('checkpoint');
});

test('a checkpoint that is larger than it may be is not even read, and told; the job goes on', async () => {
  const checkpoint = {graceMs: 5000, signal: 'SIGUSR1', keep: 1, maxSize: 1_000_000};
  const attempt = await jobs.attempt({
    script: `cd $NIYANTA_CHECKPOINT_DIR; head -c 600000 /dev/zero >a; cp a b; sha256sum a b >sums; mv sums SHA256SUMS
      sleep 60`,
    workload: {checkpoint},
  });
  const {ended} = await jobs.begin(attempt);
  const tooLarge = expect.stringContaining('has more than 1000000 (checkpoint.maxSize)');
  await expect.poll(() => attempt.report.said, {timeout: 20_000}).toEqual([['started'], ['notKept', tooLarge]]);
  await jobs.type.close(attempt);
  expect(await ended).toMatchObject({outcome: 'failed', reason: tooLarge});
});

test('a host that is started again has lost its job, which is no success', async () => {
  const attempt = await jobs.attempt({script: 'echo begun; sleep 60'});
  const {ended} = await jobs.begin(attempt);
  await expect.poll(() => jobs.log(attempt), {timeout: 20_000}).toContain('begun');
  await lab().reboot('h1');
  const again = await ended.catch(async () => {
    await jobs.forgetConnections();
    return (await jobs.begin(await jobs.attempt({id: attempt.workload.id}))).ended;
  });
  expect(again).toMatchObject({outcome: 'failed', transient: true, reason: expect.stringContaining('started again')});
  const after = await jobs.attempt({id: attempt.workload.id});
  await jobs.type.close(after);
  expect(await jobs.type.found!(after.host!)).toEqual([]);
  // A week later nothing of any of them is remembered.
  const running = await jobs.attempt({script: 'sleep 60'});
  const {ended: end} = await jobs.begin(running);
  await lab().sh('h1', 'cd /var/lib/niyanta/workloads; touch -d "8 days ago" */* *');
  await (await workloadHost(running.host!.connection)).changing.script(sweepWorkloads(7));
  expect(await lab().sh('h1', 'ls /var/lib/niyanta/workloads')).toBe(`${running.workload.id}\n`);
  await jobs.type.close(running);
  await end;
  const left =
    'ls -A /run/netns; ctr -n niyanta c ls -q; ls /var/lib/niyanta/networks /var/lib/niyanta/logs /var/lib/niyanta/workloads/.addresses';
  expect(await lab().sh('h1', `{ ${left}; } | grep -v : | grep . || :`)).toBe('');
});

test("links and names that lead out of a job's own files bring nothing of the host with them", async () => {
  const {end} = await jobs.run({
    script: `ln -s /etc/shadow /out; ln -s /var/lib/niyanta/fences /folder; mkfifo /pipe; cd $NIYANTA_CHECKPOINT_DIR
      ln -s /etc sub; ln -s /etc/hostname link; ln -s /etc/hostname progress
      for name in sub/hostname link ../../attempt.json; do echo "$(head -c 32 /dev/zero | sha256sum | cut -c 1-64)  $name"; done >new
      mv new SHA256SUMS; exit 85`,
    workload: {
      outputs: {files: ['/out', '/folder/.workloads', '/pipe', '/../../../../../../etc/shadow'], result: '/etc/passwd'},
    },
  });
  expect(end).toMatchObject({outcome: 'failed', exitCode: 85, outputs: {}});
  expect(Object.keys(end.outputs)).toEqual([]);
  expect(end.reason.split('; ')).toEqual([
    'exit 85',
    'it left no checkpoint',
    expect.stringMatching(/^\/etc\/passwd: the result is no JSON: /),
    '/out: there is no such file',
    '/folder/.workloads: there is no such file',
    '/pipe: it is no plain file',
    '/../../../../../../etc/shadow: there is no such file',
    expect.stringMatching(/^the checkpoint is not whole: /),
  ]);
});

test('jobs reach the outside and not each other, and are reached by published ports alone', async () => {
  const server = await jobs.attempt({
    script: 'httpd -f -p 8080 -h /www',
    ports: [{host: 18080, container: 8080, protocol: 'tcp'}],
  });
  const {ended} = await jobs.begin(server);
  const ids = `/var/lib/niyanta/networks/workload.${server.workload.id}.1/address`;
  const address = (await lab().sh('h1', `cat ${ids}`)).trim();
  expect(address).toMatch(/^10\.90\./);
  const h1 = lab().host('h1').address;
  const get = (nc: string, host: string, port: number) =>
    `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | ${nc} -w 1 ${host} ${port} | tail -n 1`;
  await expect.poll(() => lab().sh('h2', get('busybox nc', h1, 18080)), {timeout: 20_000}).toBe('hello\n');
  const {end} = await jobs.run({
    script: `echo neighbour $(${get('nc', address, 8080)})
      echo outside $(nc -w 2 ${lab().host('h2').address} 22 </dev/null | head -c 4)`,
  });
  const log = await keptLogLines(jobs.blobs.kept.get(end.outputs.log!)!);
  const printed = log.flatMap(({stream, text}) => (stream === 'stdout' ? [text] : []));
  expect(printed).toEqual(['neighbour', 'outside SSH-']);
  // Environments do not see it: it is nobody's container, and nothing of it is left over.
  const {containers, leftovers} = await observe(server.host!.connection, {drained: false});
  expect([containers, leftovers]).toEqual([[], undefined]);
  await lab().sh('h2', `ip route replace 10.90.0.0/16 via ${h1}`);
  expect(await lab().sh('h2', get('busybox nc', address, 8080))).toBe('');
  await jobs.type.close(server);
  await ended;
});
