import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {type ChangeReport, changeReportSchema} from '../../src/engine/change-report.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {RunningApply} from './harness/running-apply.ts';

const lab = sharedLab({hosts: 1});
const http = '[httpd, -f, -p, "8080", -h, /www]';
const hostile = `[sh, -c, "echo ::set-output name=x::y; echo 'see ##[add-mask]hello'; exit 3"]`;
const check = '{http: {port: 8080, path: /}, interval: 200ms, timeout: 500ms, retries: 2, startPeriod: 500ms}';

const stack = (command: string, colour: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  base:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    stop: {grace: 200ms}
  # Answers, or not.
  web:
    archive: ./one.tar
    needs: [base]
    command: ${command}
    health: ${check}
    env: {TOKEN: "\${secret:token}"}
    stop: {grace: 200ms}
`;
const secret = 'the-value-of-the-token';

let project: TestProject;
let inGitHub: Record<string, string>;
beforeAll(async () => {
  project = await lab().project(stack(http, 'red'), {'one.tar': await busyboxArchive()});
});
beforeEach(async () => {
  await project.write('stack.yaml', stack(http, 'red'));
  await mkdir(join(project.directory, '.git'), {recursive: true});
  const paths = {GITHUB_STEP_SUMMARY: join(lab().scratch, 'summary'), GITHUB_OUTPUT: join(lab().scratch, 'output')};
  for (const path of Object.values(paths)) await writeFile(path, '');
  inGitHub = {GITHUB_ACTIONS: 'true', ...paths, ...env};
});
afterEach(async () => {
  const gone = await run('destroy', '--yes');
  expect(gone.code, gone.stderr).toBe(0);
});

const env = {NIYANTA_SECRET_TOKEN: secret};
const run = (...words: string[]) => project.niyanta(words, {env});
const onGitHub = (...words: string[]) => project.niyanta(words, {env: inGitHub});

async function reported(...words: string[]): Promise<{code: number | null; report: ChangeReport}> {
  const file = join(lab().scratch, 'report.json');
  const {code} = await run(...words, '--yes', '--report', file);
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain(secret);
  return {code, report: changeReportSchema.strict().parse(JSON.parse(text))};
}

const outputs = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    [...(await readFile(inGitHub.GITHUB_OUTPUT!, 'utf8')).matchAll(/^(.+?)<<(.+)\n(.*)\n\2$/gm)].map(
      ([, name, , value]) => [name!, value!],
    ),
  );

/** What GitHub's runner would obey. */
const commandsIn = (text: string): string[] => text.split('\n').filter(line => /^\s*::[a-z-]+[ :]|##\[/.test(line));

describe('a report', () => {
  test('of an apply has each operation with its times; of a destroy as well', async () => {
    const {code, report} = await reported('apply');
    expect(code).toBe(0);
    expect(report).toMatchObject({action: 'apply', project: 'test', stack: 'shop', outcome: 'applied', exitCode: 0});
    expect(report.serial.after).toBeGreaterThan(report.serial.before!);
    const times = (at: string | undefined) => Date.parse(at!);
    for (const {startedAt, endedAt, durationMs, outcome, attempts} of report.operations) {
      expect({outcome, attempts}).toEqual({outcome: 'done', attempts: 1});
      expect(times(startedAt)).toBeGreaterThanOrEqual(times(report.startedAt));
      expect(times(endedAt) - times(startedAt)).toBe(durationMs);
      expect(times(endedAt)).toBeLessThanOrEqual(times(report.endedAt));
    }
    const [base, web] = ['base', 'web'].map(name =>
      report.operations.find(({kind, service}) => kind === 'container' && service === name),
    );
    expect(times(web!.startedAt)).toBeGreaterThanOrEqual(times(base!.endedAt));
    const destroyed = await reported('destroy');
    expect(destroyed.report).toMatchObject({action: 'destroy', outcome: 'applied'});
  });

  test('of one that is rolled back and of one that is applied in part say which operation is which', async () => {
    await run('apply', '--yes');
    await project.write('stack.yaml', stack(hostile, 'blue'));
    const back = await reported('apply');
    expect(back.code).toBe(6);
    const ends = (report: ChangeReport) =>
      Object.fromEntries(report.operations.map(({service, outcome, undone}) => [service, `${outcome} ${undone}`]));
    expect(ends(back.report)).toEqual({base: 'undone true', web: 'failed false'});
    expect(back.report).toMatchObject({outcome: 'rolled-back', exitCode: 6, leftovers: []});
    expect(back.report.error?.message).toContain('ended right after it started: exit 3');
    const part = await reported('apply', '--on-failure', 'stop');
    expect(part.code).toBe(5);
    expect(ends(part.report)).toEqual({base: 'done false', web: 'failed false'});
    expect(part.report).toMatchObject({outcome: 'partly-applied', exitCode: 5});
  });

  test('of one that nothing was begun for tells why', async () => {
    await project.write('stack.yaml', stack(http, 'red').replace('needs:', 'need:'));
    const {code, report} = await reported('apply');
    expect(code).toBe(64);
    expect(report).toMatchObject({outcome: 'not-begun', exitCode: 64, operations: [], error: {code: 'unknown-key'}});
    await project.write('stack.yaml', stack(http, 'red'));
    expect((await reported('apply')).report.outcome).toBe('applied');
    expect((await reported('apply')).report).toMatchObject({outcome: 'unchanged', exitCode: 0, operations: []});
  });

  test.each([
    ['Ctrl-C', 130, {outcome: 'cancelled'}, (applying: RunningApply) => applying.child.kill('SIGINT')],
    [
      'a lease that is broken',
      4,
      {outcome: 'broken-off', error: {code: 'lease-lost'}},
      () => run('lock', 'release', '--yes'),
    ],
  ])('is written after %s', async (_, exit, ended, interrupt) => {
    // Never healthy, so that there is time to interrupt it.
    const slow = check.replace('path: /', 'path: /nowhere').replace('startPeriod: 500ms', 'startPeriod: 2m');
    await project.write('stack.yaml', stack(http, 'red').replace(check, slow));
    const file = join(lab().scratch, 'interrupted.json');
    const applying = new RunningApply(project.start(['apply', '--yes', '--json', '--report', file], {env}));
    await applying.until(({type, operation}) => type === 'operation-started' && operation!.includes('web'));
    await interrupt(applying);
    expect(await applying.ended, applying.stderr).toBe(exit);
    const report = changeReportSchema.strict().parse(JSON.parse(await readFile(file, 'utf8')));
    expect(report).toMatchObject({exitCode: exit, ...ended});
    const ends = report.operations.map(({outcome}) => outcome);
    expect(ends).toContain('done');
    expect(['cancelled', 'unknown']).toContain(
      report.operations.find(({kind, service}) => kind === 'container' && service === 'web')!.outcome,
    );
  });

  test('that cannot be written stops an apply before it begins', async () => {
    const {code, stderr} = await run('apply', '--yes', '--report', 'no/such/folder/report.json');
    expect(code).toBe(64);
    expect(stderr).toContain('no/such/folder/report.json');
    expect((await run('history', '--json')).json.history.at(-1)?.action).not.toBe('apply');
  });
});

describe('events', () => {
  test('replay an apply as its --json printed it, after the fact and while it goes on', async () => {
    const applying = new RunningApply(project.start(['apply', '--yes', '--json'], {env}));
    await applying.until(({type}) => type === 'started');
    const followed = run('events', 'last', '-f', '--json');
    expect(await applying.ended).toBe(0);
    const printed = applying.events.filter(({type}) => type !== 'operation-progress');
    const own = ['begin', 'commit-started'];
    const replayed = (await run('events', '--json')).jsonLines;
    expect(replayed[0]).toMatchObject({type: 'begin', action: 'apply'});
    expect(replayed.filter(({type}) => !own.includes(type))).toEqual(printed);
    expect(replayed.at(-1)).toMatchObject({type: 'result', outcome: 'applied', exitCode: 0});
    expect((await followed).jsonLines).toEqual(replayed);
    const text = await run('events');
    expect(text.stdout).toMatch(/^apply \S+ by \S+, .*\n +\+0\.\d{3}s +start/);
    expect(text.stdout).toMatch(/Applied\n$/);
    expect((await run('events', 'nowhere')).code).toBe(1);
  });

  test('of an apply that was killed say that it was cut off, and what goes on from there', async () => {
    const applying = new RunningApply(project.start(['apply', '--yes', '--json'], {env}));
    await applying.until(({type, outcome}) => type === 'operation-finished' && outcome === 'done');
    applying.child.kill('SIGKILL');
    await applying.ended;
    const {code, stdout} = await run('events');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\ninterrupted, \d+ of \d+ operations done: .*niyanta apply/);
    expect((await run('events', '--list', '--json')).json.runs[0]).toMatchObject({
      action: 'apply',
      state: 'interrupted',
    });
    expect((await run('events', '--json')).jsonLines.at(-1)).toMatchObject({type: 'interrupted'});
  });
});

describe("GitHub's format", () => {
  const line = (wanted: string) => stack(http, 'red').split('\n').indexOf(wanted) + 1;

  test('puts a wrong key, and a service that fits nowhere, at their lines', async () => {
    await project.write('stack.yaml', stack(http, 'red').replace('needs:', 'need:'));
    for (const words of [['validate', '--format', 'github'], ['plan'], ['apply', '--yes']]) {
      const {code, stdout, stderr} = await onGitHub(...words);
      expect(code).toBe(64);
      const at = `file=stack.yaml,line=${line('    needs: [base]')},col=5`;
      expect(commandsIn(stderr), words.join(' ')).toEqual([
        expect.stringContaining(`::error ${at},title=unknown-key::`),
      ]);
      expect(stdout).toBe('');
    }
    const placed = stack(http, 'red').replace('needs: [base]', 'placement: {require: {disk: ssd}}');
    await project.write('stack.yaml', placed);
    const {code, stderr} = await onGitHub('plan');
    expect(code).toBe(1);
    const at = `file=stack.yaml,line=${line('  web:')},col=3`;
    expect(commandsIn(stderr)).toEqual([expect.stringContaining(`::error ${at},title=unplaceable::`)]);
  });

  test('puts drift and what failed at the line of the service, and lets no log give commands', async () => {
    await run('apply', '--yes');
    const base = (await lab().sh('h1', 'ctr -n niyanta containers ls -q'))
      .split('\n')
      .find(id => id.includes('-base-'));
    await lab().sh(
      'h1',
      `ctr -n niyanta containers label ${base} containerd.io/restart.status=stopped; ctr -n niyanta tasks kill -s KILL ${base}; for i in $(seq 300); do ctr -n niyanta tasks ls | grep -q '^${base} .*STOPPED' && exit 0; sleep 0.1; done; exit 1`,
    );
    await project.write('stack.yaml', stack(hostile, 'red'));
    const failed = await onGitHub('apply', '--yes');
    expect(failed.code, failed.stderr).toBe(6);
    const commands = commandsIn(failed.stderr);
    const [error, warning] = ['web', 'base'].map(name => `file=stack.yaml,line=${line(`  ${name}:`)},col=3,title=`);
    expect(commands).toEqual([
      '::group::Plan for environment default',
      '::endgroup::',
      expect.stringMatching(/^::group::\d+ operations$/),
      '::endgroup::',
      expect.stringContaining(`::error ${error}failed%3A replace web 1 on h1::`),
      expect.stringContaining(`::warning ${warning}drift of base::base 1 on h1: stopped`),
    ]);
    expect(commands[4]).toContain('%0A::set-output name=x::y%0A');
    expect(failed.stderr).toContain('| ::set-output name=x::y');
    expect(failed.stderr).toContain('see #\\x23[add-mask]hello');
    expect(commandsIn(failed.stdout)).toEqual([]);
    expect(await outputs()).toMatchObject({outcome: 'rolled-back', 'exit-code': '6'});
    const summary = await readFile(inGitHub.GITHUB_STEP_SUMMARY!, 'utf8');
    expect(summary).toContain('### Failed and rolled back');
    expect([failed.stderr, failed.stdout, summary].join('')).not.toContain(secret);
  });

  test('tells of a plan in the summary and the outputs; --format text, json and markdown stay what they are', async () => {
    const planned = await onGitHub('plan');
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toMatch(/^Plan shop/);
    expect(await outputs()).toMatchObject({changes: 'true', serial: expect.stringMatching(/^\d+$/), replace: '0'});
    const comment = await onGitHub('plan', '--format', 'markdown');
    expect(await readFile(inGitHub.GITHUB_STEP_SUMMARY!, 'utf8')).toBe(`${comment.stdout}\n${comment.stdout}\n`);
    expect(comment.stdout).toMatch(/^<!-- niyanta plan shop default -->\n### Plan: `shop`/);
    await writeFile(inGitHub.GITHUB_OUTPUT!, '');
    const json = await onGitHub('plan', '--format', 'json');
    expect(json.json.operations.length).toBeGreaterThan(0);
    const text = await onGitHub('apply', '--yes', '--format', 'text');
    expect(text.code, text.stderr).toBe(0);
    expect(commandsIn(`${text.stdout}${text.stderr}${json.stderr}`)).toEqual([]);
    expect(await outputs()).toEqual({});
  });
});
