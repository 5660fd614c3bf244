import {describe, expect, test} from 'vitest';
import {errorsOf, readStack, web} from './reading.ts';

/** A line of the service `web` (line 7 of the file, after its image) and what is said about it. */
const wrongFields: [string, string][] = [
  ['image: nginx', 'stack.yaml:7:5 services.web.image: is written twice; the first is in line 6'],
  ['archive: ./a.tar', 'stack.yaml:7:5 services.web.archive: cannot stand beside image: an image has one source'],
  ['replica: 3', 'stack.yaml:7:5 services.web.replica: unknown key, did you mean "replicas"?'],
  ['zzz: 3', 'stack.yaml:7:5 services.web.zzz: unknown key'],
  ['replicas: many', 'stack.yaml:7:15 services.web.replicas: must be a number, is the text "many"'],
  ['replicas: -1', 'stack.yaml:7:15 services.web.replicas: must be at least 0, is -1'],
  ['replicas: 1.5', 'stack.yaml:7:15 services.web.replicas: must be a whole number, is 1.5'],
  ['replicas: 1001', 'stack.yaml:7:15 services.web.replicas: must be at most 1000, is 1001'],
  ['replicas:', 'stack.yaml:7:14 services.web.replicas: must be a number, has no value'],
  ['needs: db', 'stack.yaml:7:12 services.web.needs: must be a list, is the text "db"'],
  ['needs: [dbb]', 'stack.yaml:7:13 services.web.needs.0: there is no service "dbb"'],
  ['needs: [wep]', 'stack.yaml:7:13 services.web.needs.0: there is no service "wep", did you mean "web"?'],
  ['needs: [web]', 'stack.yaml:7:13 services.web.needs.0: web needs itself'],
  ['env: [A=1]', 'stack.yaml:7:10 services.web.env: must be a map, is a list'],
  [
    'env: {1A: x}',
    'stack.yaml:7:11 services.web.env.1A: is not a name of an environment variable: letters, digits and _, no digit first',
  ],
  ['env: {A: [1]}', 'stack.yaml:7:14 services.web.env.A: must be a text or a number or true or false, is a list'],
  [
    'env: {A: "1\\n2"}',
    'stack.yaml:7:14 services.web.env.A: has more than one line, which an environment variable of a container cannot carry: put it into a file and mount that',
  ],
  ['envFile: ./none.env', 'stack.yaml:7:14 services.web.envFile: the env file none.env: there is no such file'],
  ['envFile: 5', 'stack.yaml:7:14 services.web.envFile: the env file 5: there is no such file'],
  ['command: node server.js', 'stack.yaml:7:14 services.web.command: must be a list, is the text "node server.js"'],
  ['command: []', 'stack.yaml:7:14 services.web.command: must have at least 1 entry'],
  ['workdir: app', 'stack.yaml:7:14 services.web.workdir: must be an absolute path, starting with /, is "app"'],
  ['health: {}', 'stack.yaml:7:13 services.web.health: must have one of http, tcp and exec'],
  ['health: {tcp: {port: 1}, exec: [x]}', 'stack.yaml:7:13 services.web.health: must have one of http, tcp and exec'],
  ['health: {http: {path: /}}', 'stack.yaml:7:14 services.web.health.http.port: is required and missing'],
  ['health: {http: {port: 70000}}', 'stack.yaml:7:27 services.web.health.http.port: must be at most 65535, is 70000'],
  ['health: {http: {port: 80, path: x}}', 'stack.yaml:7:37 services.web.health.http.path: must start with /'],
  [
    'health: {tcp: {port: 80}, interval: 5}',
    'stack.yaml:7:41 services.web.health.interval: is not a length of time: write a number and a unit (ms, s, m, h, d), for example 10s or 1m30s',
  ],
  [
    'health: {tcp: {port: 80}, interval: 1ms}',
    'stack.yaml:7:41 services.web.health.interval: must be from 100ms to 1h, is 1ms',
  ],
  [
    'health: {tcp: {port: 80}, timeout: 0s}',
    'stack.yaml:7:40 services.web.health.timeout: must be from 100ms to 10m, is 0s',
  ],
  ['health: {tcp: {port: 80}, retries: 0}', 'stack.yaml:7:40 services.web.health.retries: must be at least 1, is 0'],
  [
    'health: {tcp: {port: 80}, startPeriod: soon}',
    'stack.yaml:7:44 services.web.health.startPeriod: is not a length of time: write a number and a unit (ms, s, m, h, d), for example 10s or 1m30s',
  ],
  ['volumes: ["data:/x"]', 'stack.yaml:7:15 services.web.volumes.0: the volume "data" is not declared'],
  [
    'volumes: ["/data:/x"]',
    'stack.yaml:7:15 services.web.volumes.0: names a path on the host, not a volume: write it under mounts',
  ],
  [
    'volumes: [data]',
    'stack.yaml:7:15 services.web.volumes.0: is not of the form name:/absolute/path or name:/absolute/path:ro',
  ],
  [
    'volumes: ["data:/x:rx"]',
    'stack.yaml:7:15 services.web.volumes.0: "rx" is not a mode: ro is read-only, rw may be left out',
  ],
  [
    'mounts: ["./a:/b"]',
    'stack.yaml:7:14 services.web.mounts.0: "./a" is not an absolute path on the host; a named volume is written under volumes',
  ],
  [
    'mounts: ["/a:b"]',
    'stack.yaml:7:14 services.web.mounts.0: the container\'s path must be an absolute path, starting with /, is "b"',
  ],
  ['mounts: ["/a:/"]', "stack.yaml:7:14 services.web.mounts.0: the container's path must not be / itself"],
  ['mounts: ["/a:/b", "/c:/b"]', 'stack.yaml:7:23 services.web.mounts.1: /b is already taken by mounts.0'],
  [
    'mounts: ["/a,x:/b"]',
    "stack.yaml:7:14 services.web.mounts.0: the host's path must not contain a comma, colon, quote, backslash or control character",
  ],
  [
    'ports: [80]',
    'stack.yaml:7:13 services.web.ports.0: says one port only: write "80:80" for port 80 of the host to port 80 of the container',
  ],
  [
    'ports: ["80:http"]',
    'stack.yaml:7:13 services.web.ports.0: is not of the form "80:8080", "127.0.0.1:80:8080" or "53:53/udp" (port of the host first)',
  ],
  ['ports: ["0:80"]', 'stack.yaml:7:13 services.web.ports.0: 0 is not a port: ports go from 1 to 65535'],
  ['ports: ["80:65536"]', 'stack.yaml:7:13 services.web.ports.0: 65536 is not a port: ports go from 1 to 65535'],
  ['ports: ["1.2.3.400:80:80"]', 'stack.yaml:7:13 services.web.ports.0: 1.2.3.400 is not an IP address'],
  [
    'ports: ["80:1", "80:2"]',
    'stack.yaml:7:21 services.web.ports.1: port 80/tcp of the host is published by this service already',
  ],
  ['user: "a b"', 'stack.yaml:7:11 services.web.user: is not a user: write a name or number, or user:group'],
  ['readOnly: maybe', 'stack.yaml:7:15 services.web.readOnly: must be true or false, is the text "maybe"'],
  [
    'capabilities: {add: [NET_ADMN]}',
    'stack.yaml:7:26 services.web.capabilities.add.0: is none of the possible values, is the text "NET_ADMN", did you mean "NET_ADMIN"?',
  ],
  ['capabilities: {plus: []}', 'stack.yaml:7:20 services.web.capabilities.plus: unknown key'],
  ['seccomp: off', 'stack.yaml:7:14 services.web.seccomp: must be one of default, unconfined, is the text "off"'],
  ['noNewPrivileges: 1', 'stack.yaml:7:22 services.web.noNewPrivileges: must be true or false, is 1'],
  [
    'resources: {cpu: lots}',
    'stack.yaml:7:22 services.web.resources.cpu: is not a number of cores: write for example 0.5, 2 or 500m',
  ],
  ['resources: {cpu: 0}', 'stack.yaml:7:22 services.web.resources.cpu: must be from 0.01 to 1024 cores, is 0'],
  [
    'resources: {memory: 256MB!}',
    'stack.yaml:7:25 services.web.resources.memory: is not a size: write a number and a unit (Ki, Mi, Gi, k, M, G), for example 256Mi',
  ],
  ['resources: {memory: 1Mi}', 'stack.yaml:7:25 services.web.resources.memory: must be at least 6Mi, is 1Mi'],
  [
    'restart: allways',
    'stack.yaml:7:14 services.web.restart: must be one of always, on-failure, never, is the text "allways", did you mean "always"?',
  ],
  [
    'update: {strategy: rolin}',
    'stack.yaml:7:24 services.web.update.strategy: must be one of rolling, recreate, blue-green, canary, is the text "rolin", did you mean "rolling"?',
  ],
  ['update: {maxSurge: -1}', 'stack.yaml:7:24 services.web.update.maxSurge: must be at least 0, is -1'],
  [
    'update: {maxSurge: 0}',
    'stack.yaml:7:13 services.web.update: maxSurge and maxUnavailable are both 0, so no replica could ever be replaced: set one of them to 1',
  ],
  [
    'update: {maxUnavailable: x}',
    'stack.yaml:7:30 services.web.update.maxUnavailable: must be a number, is the text "x"',
  ],
  ['placement: {require: [ssd]}', 'stack.yaml:7:26 services.web.placement.require: must be a map, is a list'],
  [
    'placement: {prefer: [{weight: 1}]}',
    'stack.yaml:7:26 services.web.placement.prefer.0.match: is required and missing',
  ],
  [
    'placement: {prefer: [{match: {a: b}, weight: 101}]}',
    'stack.yaml:7:50 services.web.placement.prefer.0.weight: must be at most 100, is 101',
  ],
  [
    'placement: {avoid: [{service: dbb}]}',
    'stack.yaml:7:35 services.web.placement.avoid.0.service: there is no service "dbb"',
  ],
  ['placement: {spread: [host]}', 'stack.yaml:7:25 services.web.placement.spread: must be a text, is a list'],
  [
    'stop: {signal: SIGFOO}',
    'stack.yaml:7:20 services.web.stop.signal: must be one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGKILL, SIGUSR1, SIGUSR2, SIGWINCH, SIGRTMIN+3, is the text "SIGFOO"',
  ],
  ['stop: {grace: 2h}', 'stack.yaml:7:19 services.web.stop.grace: must be from 0s to 1h, is 2h'],
  [
    'labels: {a b: c}',
    'stack.yaml:7:14 services.web.labels."a b": is not a name of a label: letters, digits, ".", "_", "-" and "/"',
  ],
  ['with: {a: 1}', 'stack.yaml:7:11 services.web.with: gives parameters, but there is no template beside it'],
  [
    'template: postgrse',
    'stack.yaml:7:15 services.web.template: there is no template "postgrse", did you mean "postgres"?',
  ],
];

test.each(wrongFields)('%s', async (line, error) => {
  expect(await errorsOf(readStack(web('image: nginx', line)))).toEqual([error]);
});

const wrongImages: [string, string][] = [
  ['image: ""', 'stack.yaml:6:12 services.web.image: "" is not an image reference: it names no image'],
  [
    'image: Nginx',
    'stack.yaml:6:12 services.web.image: "Nginx" is not an image reference: it must be in lower case: "Nginx"',
  ],
  [
    'image: "nginx:"',
    'stack.yaml:6:12 services.web.image: "nginx:" is not an image reference: it has a tag that is none: ""',
  ],
  [
    'image: nginx@sha256:12',
    'stack.yaml:6:12 services.web.image: "nginx@sha256:12" is not an image reference: it has a digest that is not sha256: and 64 hex digits',
  ],
  ['image: [nginx]', 'stack.yaml:6:12 services.web.image: must be a text, is a list'],
  ['build: {file: x}', 'stack.yaml:6:5 services.web.build.context: is required and missing'],
  ['build: [x]', 'stack.yaml:6:12 services.web.build: must be a text or a map, is a list'],
  ['build: {context: ., arg: {}}', 'stack.yaml:6:25 services.web.build.arg: unknown key, did you mean "args"?'],
  ['archive: ""', 'stack.yaml:6:14 services.web.archive: must not be empty'],
  ['replicas: 1', 'stack.yaml:5:3 services.web: has no image: write image, archive, build or template'],
];

test.each(wrongImages)('%s', async (line, error) => {
  expect(await errorsOf(readStack(web(line)))).toEqual([error]);
});

describe('a release that could not work is refused where it is written', () => {
  const asked = (strategy: string, line: string) => web('image: nginx', `update: {strategy: ${strategy}}\n    ${line}`);
  test.each([
    [
      'blue-green',
      'ports: ["80:80"]',
      'stack.yaml:8:13 services.web.ports.0: port 80 of a host can be held by one container, but blue-green runs old and new replicas at once',
    ],
    [
      'blue-green',
      'mounts: ["/srv:/srv"]',
      'stack.yaml:8:14 services.web.mounts.0: /srv is written by one container at a time, but blue-green runs old and new replicas at once',
    ],
    [
      'canary',
      'mounts: ["/srv:/srv:ro"]',
      'stack.yaml:7:24 services.web.update.strategy: no route leads to web, and only proxies can send it a part of the requests',
    ],
  ])('%s with %s', async (strategy, line, error) => {
    expect(await errorsOf(readStack(asked(strategy, line)))).toEqual([error]);
  });

  test('blue-green with a volume that is written to, but not with one that is read', async () => {
    const text = (mode: string) => `${asked('blue-green', `volumes: ["data:/data${mode}"]`)}\nvolumes: {data: {}}\n`;
    expect(await errorsOf(readStack(text('')))).toEqual([
      'stack.yaml:8:15 services.web.volumes.0: volume data is written by one container at a time, but blue-green runs old and new replicas at once',
    ]);
    expect((await readStack(text(':ro'))).services[0]!.volumes).toMatchObject([{volume: 'data', readOnly: true}]);
  });

  test.each([
    ['{strategy: rolling, promote: manual}', /promote: manual is for strategy blue-green or canary, not rolling/],
    ['{strategy: blue-green, steps: [{weight: 5}]}', /steps: is for strategy: canary, not blue-green/],
    ['{strategy: canary, steps: [{weight: 50}, {weight: 10}]}', /must be more than that of the step before, 50/],
    ['{strategy: canary, judge: {errorRate: 101%}}', /is not a percentage from 0% to 100%/],
    ['{strategy: canary, judge: {p95: fast}}', /neither a length of time \(500ms\) nor a multiple/],
  ])('update: %s', async (update, error) => {
    expect((await errorsOf(readStack(web('image: nginx', `update: ${update}`)))).join('\n')).toMatch(error);
  });
});

describe('what later versions bring is refused where it stands', () => {
  test.each([['resources: {disk: 1Gi}', 'stack.yaml:7:17 services.web.resources.disk: not in this version']])(
    '%s',
    async (line, error) => {
      expect(await errorsOf(readStack(web('image: nginx', line)))).toEqual([error]);
    },
  );

  test('workloads in a stack', async () => {
    const text = `${web('image: nginx')}\nworkloads: [{name: a}]\n`;
    expect(await errorsOf(readStack(text))).toEqual(['stack.yaml:7:1 workloads: not in this version']);
  });

  test('workloads', async () => {
    const text = 'apiVersion: niyanta/v1\nkind: Workload\nname: nightly\n';
    expect(await errorsOf(readStack(text))).toEqual(['stack.yaml:2:7 kind: is Workload, but here a Stack is read']);
  });
});

test('all errors are told at once, in the order of the file', async () => {
  const text = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    template: postgres
    with: {pasword: x}
  backend:
    image: shop/backend:1.4
    replica: 3
    needs: [dv, frontend]
    volumes: ["uploads:/var/uploads"]
    env: {KEY: "\${token}"}
  frontend:
    image: shop/frontend
    needs: [backend]
    ports: ["80:8080"]
    command: [serve, "\${secret:token}"]
  admin:
    image: shop/admin
    ports: ["127.0.0.1:80:8080"]
    restart: sometimes
volumes: {upload: {}}
workloads: []
`;
  expect(await errorsOf(readStack(text))).toMatchInlineSnapshot(`
    [
      "stack.yaml:7:5 services.db.with.password: the template postgres needs this parameter (password of the user; write \${secret:NAME})",
      "stack.yaml:7:12 services.db.with.pasword: the template postgres has no such parameter, did you mean "password"?",
      "stack.yaml:10:5 services.backend.replica: unknown key, did you mean "replicas"?",
      "stack.yaml:11:13 services.backend.needs.0: there is no service "dv", did you mean "db"?",
      "stack.yaml:12:15 services.backend.volumes.0: the volume "uploads" is not declared, did you mean "upload"?",
      "stack.yaml:13:16 services.backend.env.KEY: there is no parameter "token"",
      "stack.yaml:16:13 services.frontend.needs.0: is a cycle: backend needs frontend needs backend",
      "stack.yaml:18:22 services.frontend.command.1: a secret cannot be used here: it would show in process lists, plans or state",
      "stack.yaml:21:13 services.admin.ports.0: port 80/tcp of the host is published by service frontend",
      "stack.yaml:22:14 services.admin.restart: must be one of always, on-failure, never, is the text "sometimes"",
      "stack.yaml:24:1 workloads: not in this version",
    ]
  `);
});
