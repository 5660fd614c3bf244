import {describe, expect, test} from 'vitest';
import {errorsOf, job, readWorkloads} from './reading.ts';

const one = async (text: string, choice?: Parameters<typeof readWorkloads>[1]) =>
  (await readWorkloads(text, choice))[0]!.workload;

describe('what a workload file says', () => {
  test('little is enough: the rest has defaults', async () => {
    expect(await one(job())).toEqual({
      name: 'job',
      type: 'container',
      container: {
        image: {kind: 'reference', reference: 'docker.io/library/busybox:latest'},
        env: {},
        mounts: [],
        ports: [],
        readOnly: false,
        capabilities: {add: [], drop: []},
        stop: {signal: 'SIGTERM', graceMs: 10_000},
      },
      with: {},
      labels: {},
      resources: {},
      priority: 50,
      preemptible: false,
      placement: {require: {}, prefer: [], avoid: [], beside: []},
      retries: {max: 0, backoff: {initialMs: 1000, factor: 2, maxMs: 60_000, jitter: true}},
      after: [],
      onLost: 'reschedule',
      inputs: {files: []},
      outputs: {files: []},
    });
  });

  test('all of it, in milliseconds and bytes, paths absolute', async () => {
    const text = job(
      'version: 1.10',
      'entrypoint: [report]',
      'command: [--all]',
      'user: 1000',
      'env: {B: 2, A: "${secret:token}"}',
      'envFile: ./job.env',
      'labels: {team: data, app: report}',
      'resources: {cpu: 500m, memory: 512Mi, gpu: 0, disk: 10Gi}',
      'priority: 90',
      'preemptible: true',
      'placement: {require: {disk: ssd}, prefer: [{match: {region: eu}}], avoid: [{workload: import}], beside: [{workload: cache}]}',
      'retries: {max: 3, backoff: {initial: 500ms, factor: 1.5, max: 1m, jitter: false}, exitCodes: [75]}',
      'timeout: 2h',
      'checkpoint: {every: 5m, progress: 10}',
      'schedule: {cron: "0 3 * * MON-FRI", timeZone: Europe/Vilnius, missed: once}',
      'after: [{workload: extract}, {workload: load, on: always}]',
      'concurrency: {key: report, max: 1}',
      'onLost: wait',
      'inputs: {files: ["./data.csv:/in/data.csv", "/etc/a:b:/in/b"]}',
      'outputs: {files: [/out/report.pdf], result: /out/result.json}',
    );
    expect(await one(text, {texts: {'/p/job.env': 'A=1\nC=3\n'}})).toMatchObject({
      version: '1.10',
      container: {
        entrypoint: ['report'],
        command: ['--all'],
        user: '1000',
        env: {A: '${secret:token}', B: '2', C: '3'},
      },
      labels: {app: 'report', team: 'data'},
      resources: {cpu: 0.5, memory: 512 * 2 ** 20, disk: 10 * 2 ** 30},
      priority: 90,
      preemptible: true,
      placement: {
        require: {disk: 'ssd'},
        prefer: [{match: {region: 'eu'}, weight: 10}],
        avoid: [{workload: 'import'}],
        beside: [{workload: 'cache'}],
      },
      retries: {max: 3, backoff: {initialMs: 500, factor: 1.5, maxMs: 60_000, jitter: false}, exitCodes: [75]},
      timeoutMs: 7_200_000,
      checkpoint: {everyMs: 300_000, progress: 10, graceMs: 30_000, signal: 'SIGUSR1', keep: 3, maxSize: 10 * 2 ** 30},
      schedule: {cron: '0 3 * * MON-FRI', timeZone: 'Europe/Vilnius', missed: 'once'},
      after: [
        {workload: 'extract', on: 'success'},
        {workload: 'load', on: 'always'},
      ],
      concurrency: {key: 'report', max: 1},
      onLost: 'wait',
      inputs: {
        files: [
          {source: '/p/data.csv', target: '/in/data.csv'},
          {source: '/etc/a:b', target: '/in/b'},
        ],
      },
      outputs: {files: ['/out/report.pdf'], result: '/out/result.json'},
    });
    expect((await one(text, {texts: {'/p/job.env': ''}})).resources).not.toHaveProperty('gpu');
  });

  test('an archive and a build are files of this machine', async () => {
    const other = (line: string) => job().replace('image: busybox', line);
    expect((await one(other('archive: ./a.tar'))).container?.image).toEqual({kind: 'archive', path: '/p/a.tar'});
    expect((await one(other('build: ./src'))).container?.image).toMatchObject({kind: 'build', context: '/p/src'});
  });

  test('other types have what they need under with', async () => {
    const text = 'apiVersion: niyanta/v1\nkind: Workload\nname: nap\ntype: sleep\nwith: {ms: 100}\n';
    const workload = await one(text);
    expect(workload).toMatchObject({type: 'sleep', with: {ms: 100}});
    expect(workload).not.toHaveProperty('container');
  });

  test('several in one file, with parameters of their own', async () => {
    const text = [
      job('params: {rows: {default: 10}}', 'command: [make, "${rows}"]', 'env: {HOME_OF: "${env:WHO:-nobody}"}'),
      job('after: [{workload: job}]').replace('name: job', 'name: next'),
      job('version: "2"', 'env: {KEEP: "$${x}"}'),
    ].join('\n---\n');
    const all = await readWorkloads(text, {params: {rows: '5'}, env: {WHO: 'me'}});
    expect(all.map(({workload}) => [workload.name, workload.container?.command, workload.container?.env])).toEqual([
      ['job', ['make', '5'], {HOME_OF: 'me'}],
      ['next', undefined, {}],
      ['job', undefined, {KEEP: '${x}'}],
    ]);
    expect(all.map(({at}) => at.line)).toEqual([3, 11, 17]);
  });
});

/** A line below the image (line 5) and what is said about it. */
const wrongFields: [string, string][] = [
  ['comand: [x]', 'w.yaml:5:1 comand: unknown key, did you mean "command"?'],
  ['replicas: 3', 'w.yaml:5:1 replicas: unknown key'],
  ['version: ""', 'w.yaml:5:10 version: must not be empty'],
  ['archive: ./a.tar', 'w.yaml:5:1 archive: cannot stand beside image: an image has one source'],
  ['command: echo', 'w.yaml:5:10 command: must be a list, is the text "echo"'],
  [
    'env: {A: "${secret:no way}"}',
    'w.yaml:5:10 env.A: "no way" is not a name of a secret: letters, digits and _, no digit first',
  ],
  [
    'user: "${secret:u}"',
    'w.yaml:5:7 user: a secret cannot be used here: it would show in process lists, plans or state',
  ],
  ['priority: 101', 'w.yaml:5:11 priority: must be at most 100, is 101'],
  ['priority: high', 'w.yaml:5:11 priority: must be a number, is the text "high"'],
  ['preemptible: maybe', 'w.yaml:5:14 preemptible: must be true or false, is the text "maybe"'],
  ['type: sleep', 'w.yaml:4:1 image: belongs to containers, but the type is sleep'],
  ['with: {ms: 1}', 'w.yaml:5:1 with: is for other types than container'],
  ['labels: {"-a": b}', 'w.yaml:5:10 labels.-a: is not a name of a label: letters, digits, ".", "_", "-" and "/"'],
  ['resources: {cpu: 0}', 'w.yaml:5:18 resources.cpu: must be from 0.01 to 1024 cores, is 0'],
  ['resources: {memory: 1Ki}', 'w.yaml:5:21 resources.memory: must be at least 6Mi, is 1Ki'],
  ['resources: {gpu: 0.5}', 'w.yaml:5:18 resources.gpu: must be a whole number, is 0.5'],
  [
    'resources: {disk: big}',
    'w.yaml:5:19 resources.disk: is not a size: write a number and a unit (Ki, Mi, Gi, Ti, k, M, G, T), for example 10Gi',
  ],
  ['placement: {prefer: [{match: {}}]}', 'w.yaml:5:30 placement.prefer.0.match: must name at least one label'],
  ['placement: {avoid: [{service: db}]}', 'w.yaml:5:21 placement.avoid.0.workload: is required and missing'],
  [
    'placement: {beside: [{workload: job}]}',
    'w.yaml:5:33 placement.beside.0.workload: cannot be the workload itself: the first one could never start',
  ],
  [
    'placement: {avoid: [{workload: a}], beside: [{workload: a}]}',
    'w.yaml:5:57 placement.beside.0.workload: a is avoided, too',
  ],
  ['retries: 3', 'w.yaml:5:10 retries: must be a map, is 3'],
  ['retries: {max: -1}', 'w.yaml:5:16 retries.max: must be at least 0, is -1'],
  [
    'retries: {backoff: {initial: 2m}}',
    'w.yaml:5:11 retries.backoff.max: must not be shorter than the first wait (initial)',
  ],
  ['retries: {exitCodes: [0]}', 'w.yaml:5:23 retries.exitCodes.0: must be at least 1, is 0'],
  [
    'timeout: 5',
    'w.yaml:5:10 timeout: is not a length of time: write a number and a unit (ms, s, m, h, d), for example 10s or 1m30s',
  ],
  ['timeout: 1ms', 'w.yaml:5:10 timeout: must be from 100ms to 365d, is 1ms'],
  ['checkpoint: {progress: 0}', 'w.yaml:5:24 checkpoint.progress: must be at least 1, is 0'],
  [
    'checkpoint: {signal: SIGFOO}',
    'w.yaml:5:22 checkpoint.signal: must be one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGKILL, SIGUSR1, SIGUSR2, SIGWINCH, SIGRTMIN+3, is the text "SIGFOO"',
  ],
  ['schedule: {timeZone: UTC}', 'w.yaml:5:1 schedule.cron: is required and missing'],
  [
    'schedule: {cron: "0 3 * *"}',
    'w.yaml:5:18 schedule.cron: must have five fields, minute hour day month weekday, for example "0 3 * * *"; has 4',
  ],
  [
    'schedule: {cron: "@daily"}',
    'w.yaml:5:18 schedule.cron: must have five fields, minute hour day month weekday, for example "0 3 * * *"; has 1 (names such as @daily are not known)',
  ],
  [
    'schedule: {cron: "* * * * * *"}',
    'w.yaml:5:18 schedule.cron: must have five fields, minute hour day month weekday, for example "0 3 * * *"; has 6',
  ],
  ['schedule: {cron: "61 * * * *"}', 'w.yaml:5:18 schedule.cron: is not a schedule: invalid value for minute: 61'],
  ['schedule: {cron: "? * * * *"}', 'w.yaml:5:18 schedule.cron: must not contain ?: write * for any'],
  ['schedule: {cron: "0 0 30 2 *"}', 'w.yaml:5:18 schedule.cron: names a time that never comes'],
  [
    'schedule: {cron: "0 3 * * *", timeZone: Europe/Vilnus}',
    'w.yaml:5:41 schedule.timeZone: "Europe/Vilnus" is not a time zone: write a name such as Europe/Vilnius or UTC',
  ],
  [
    'schedule: {cron: "0 3 * * *", timeZone: "+02:00"}',
    'w.yaml:5:41 schedule.timeZone: must be a name such as Europe/Vilnius or UTC: an offset knows no summer time',
  ],
  ['after: [{workload: job}]', 'w.yaml:5:20 after.0.workload: job comes after itself'],
  ['after: [{workload: a}, {workload: a}]', 'w.yaml:5:35 after.1.workload: a is listed twice'],
  [
    'after: [{workload: a, on: end}]',
    'w.yaml:5:27 after.0.on: must be one of success, failure, always, is the text "end"',
  ],
  ['concurrency: {key: a}', 'w.yaml:5:1 concurrency.max: is required and missing'],
  ['onLost: restart', 'w.yaml:5:9 onLost: must be one of reschedule, wait, is the text "restart"'],
  ['inputs: {files: [./a]}', 'w.yaml:5:18 inputs.files.0: is not of the form ./file/here:/path/in/container'],
  [
    'inputs: {files: ["./a:in"]}',
    'w.yaml:5:18 inputs.files.0: the container\'s path must be an absolute path, starting with /, is "in"',
  ],
  ['inputs: {files: ["./a:/in", "./b:/in"]}', 'w.yaml:5:29 inputs.files.1: /in is already taken by inputs.files.0'],
  ['outputs: {files: [/o, /o]}', 'w.yaml:5:23 outputs.files.1: /o is listed twice'],
  [
    'outputs: {result: out.json}',
    'w.yaml:5:19 outputs.result: must be an absolute path, starting with /, is "out.json"',
  ],
  ['ports: ["80:80", "80:81"]', 'w.yaml:5:18 ports.1: port 80/tcp of the host is published twice'],
];

describe('what is wrong is told with its place', () => {
  test.each(wrongFields)('%s', async (line, message) => {
    expect(await errorsOf(readWorkloads(job(line)))).toContain(message);
  });

  test('no image, no name, no version of the format, another kind', async () => {
    expect(await errorsOf(readWorkloads('kind: Workload\nname: a\n'))).toEqual([
      'w.yaml:1:1 apiVersion: is required and missing: write niyanta/v1',
      'w.yaml:1:1 image: has no image: write image, archive or build',
    ]);
    expect(await errorsOf(readWorkloads('apiVersion: niyanta/v1\nkind: Workload\nimage: a\n'))).toEqual([
      'w.yaml:1:1 name: is required and missing',
    ]);
    expect(await errorsOf(readWorkloads('apiVersion: niyanta/v1\nkind: Stack\nname: a\n'))).toEqual([
      'w.yaml:2:7 kind: is Stack, but here a Workload is read',
    ]);
  });

  test('everything at once, over all documents of a file', async () => {
    const text = `${job('priority: x', 'timeout: y')}\n---\n${job('onLost: z').replace('name: job', 'name: Two')}\n`;
    expect(await errorsOf(readWorkloads(text))).toEqual([
      'w.yaml:5:11 priority: must be a number, is the text "x"',
      'w.yaml:6:10 timeout: is not a length of time: write a number and a unit (ms, s, m, h, d), for example 10s or 1m30s',
      'w.yaml:10:7 name: is not a name for a workload: lower-case letters, digits and dashes, a letter first, no dash at the end',
      'w.yaml:12:9 onLost: must be one of reschedule, wait, is the text "z"',
    ]);
  });

  test('the same workload twice, and a circle of them', async () => {
    expect(await errorsOf(readWorkloads(`${job()}\n---\n${job()}`))).toEqual([
      'w.yaml:8:7 name: there is a workload job already, in w.yaml line 3',
    ]);
    const named = (name: string, after: string) =>
      job(`after: [{workload: ${after}}]`).replace('name: job', `name: ${name}`);
    const circle = [named('a', 'b'), named('b', 'c'), named('c', 'a')].join('\n---\n');
    expect(await errorsOf(readWorkloads(circle))).toEqual([
      'w.yaml:17:10 after.0.workload: is a cycle: a after b after c after a',
    ]);
  });

  test('a parameter that no workload declares, or that is wrong', async () => {
    const text = job('params: {rows: {type: integer}}', 'command: [make, "${rows}", "${cols}"]');
    expect(await errorsOf(readWorkloads(text, {params: {row: '1', rows: 'x'}}))).toEqual([
      '--param row: no workload has such a parameter, did you mean "rows"?',
      '--param rows: must be a whole number, is "x"',
      'w.yaml:6:28 command.2: there is no parameter "cols"',
    ]);
  });
});
