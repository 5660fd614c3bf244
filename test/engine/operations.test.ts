import {describe, expect, test} from 'vitest';
import {conditionOf} from '../../src/engine/environment-condition.ts';
import {appliedStack, type EnvironmentReplica, replicasOf} from '../../src/engine/environment-replicas.ts';
import {LogReader} from '../../src/engine/log-sources.ts';
import {sinceTime} from '../../src/engine/read-logs.ts';
import {usageBetween} from '../../src/engine/replica-usage.ts';
import type {Manifest} from '../../src/engine/runtime/container-spec.ts';
import type {LogLine} from '../../src/engine/runtime/logs.ts';
import type {ObservedContainer, ObservedHost} from '../../src/engine/runtime/observed.ts';
import {selectReplicas} from '../../src/engine/select-replicas.ts';
import {operationsOf} from '../../src/engine/service-operations.ts';
import type {EnvironmentState, HistoryEntry} from '../../src/engine/state/lock-file.ts';
import {LogWriter} from '../../src/engine/view/log-view.ts';
import {plainStyle} from '../../src/engine/view/look.ts';

const entry = (action: HistoryEntry['action'], parts: Partial<HistoryEntry> = {}): HistoryEntry => ({
  serial: 1,
  at: '2026-01-01T00:00:00Z',
  who: 'me',
  action,
  outcome: 'applied',
  summary: '',
  ...parts,
});
const stack = {name: 'shop', services: [{name: 'web', replicas: 2}], volumes: []} as unknown as HistoryEntry['stack'];

const state = (parts: Partial<EnvironmentState> = {}): EnvironmentState => ({
  stack: 'shop',
  fence: 1,
  images: {},
  subnets: {},
  placements: {},
  stopped: [],
  history: [entry('apply', {stack})],
  ...parts,
});

const container = (replica: number, parts: Partial<ObservedContainer> = {}, more: object = {}): ObservedContainer => ({
  id: `web-${replica}`,
  task: 'running',
  restarts: 0,
  networkUp: true,
  names: [],
  manifest: {
    stopped: false,
    spec: {project: 'p', environment: 'default', service: 'web', replica, restart: 'always', network: {}, ...more},
  } as unknown as Manifest,
  ...parts,
});
const host = (name: string, ...containers: ObservedContainer[]): ObservedHost =>
  ({host: name, reachable: true, containers}) as unknown as ObservedHost;
const asked = {project: 'p', environment: 'default'};
const placed = (replica: number, on: string) => ({
  replica,
  host: on,
  address: '10.0.0.9',
  container: `web-${replica}`,
  ports: [],
});

describe('replicas of an environment', () => {
  test.each<[string, Partial<ObservedContainer>, object, readonly string[], string]>([
    ['runs', {}, {}, [], 'running'],
    ['ended and is restarted', {task: 'stopped'}, {}, [], 'restarting'],
    ['has no task', {task: 'none'}, {}, [], 'failed'],
    ['ran to its end', {task: 'stopped'}, {restart: 'never'}, [], 'exited'],
    ['ended well', {task: 'stopped', exitCode: 0}, {restart: 'on-failure'}, [], 'exited'],
    ['ended badly', {task: 'stopped', exitCode: 3}, {restart: 'on-failure'}, [], 'restarting'],
    ['was stopped on purpose', {task: 'none'}, {}, ['web'], 'stopped'],
    ['has only a manifest', {task: 'gone'}, {}, [], 'missing'],
  ])('one that %s', (_, parts, spec, stopped, expected) => {
    const [first] = replicasOf([host('h1', container(1, parts, spec))], {...asked, known: state({stopped})});
    expect(first).toMatchObject({service: 'web', replica: 1, host: 'h1', state: expected});
  });

  test('placed on a silent host: unknown; placed and gone, or never placed: missing', () => {
    const silent: ObservedHost = {host: 'h2', reachable: false, error: 'no answer'};
    const known = state({placements: {web: [placed(1, 'h2')]}});
    const replicas = replicasOf([host('h1'), silent], {...asked, known});
    expect(replicas.map(one => [one.replica, one.host, one.state])).toEqual([
      [1, 'h2', 'unknown'],
      [2, undefined, 'missing'],
    ]);
    expect(conditionOf(replicas, () => 'none', known)).toEqual({
      state: 'failed',
      why: 'web has no running replica; h2 does not answer',
    });
  });

  test('of other environments are not shown, and after destroy nothing is wanted', () => {
    expect(replicasOf([host('h1', container(1))], {...asked, environment: 'staging'})).toEqual([]);
    expect(appliedStack(state({history: [entry('apply', {stack}), entry('destroy')]}))).toBeUndefined();
    expect(appliedStack(state({history: [entry('apply', {stack}), entry('stop')]}))).toBe(stack);
  });

  test('are named as SERVICE or SERVICE/N', () => {
    const replicas = [1, 2].map(replica => ({service: 'web', replica}));
    expect(selectReplicas(replicas, [], 'default')).toHaveLength(2);
    expect(selectReplicas(replicas, ['web/2'], 'default')).toEqual([{service: 'web', replica: 2}]);
    expect(() => selectReplicas(replicas, ['wep'], 'default')).toThrow('did you mean "web"?');
    for (const word of ['web/', 'web/02', 'web/3']) expect(() => selectReplicas(replicas, [word], 'default')).toThrow();
  });
});

describe('order of starting and stopping', () => {
  const replica = (service: string, parts: Partial<EnvironmentReplica> = {}): EnvironmentReplica => ({
    service,
    replica: 1,
    host: 'h1',
    state: 'running',
    container: container(1, {id: service}),
    ...parts,
  });
  const needing = [
    {name: 'front', needs: ['back']},
    {name: 'back', needs: ['db']},
    {name: 'db', needs: []},
  ];
  const all = ['back', 'db', 'front'];
  const order = (verb: 'start' | 'stop' | 'restart', replicas: readonly EnvironmentReplica[]) =>
    Object.fromEntries(
      operationsOf(verb, replicas, all, needing).map(({replica: {service}, after: ids}) => [
        service,
        ids.map(id => id.split(':')[2]!.replace('-1', '')).sort(),
      ]),
    );

  test('start follows needs, stop goes against them, restart is one after another', () => {
    const stopped = all.map(service => replica(service, {state: 'stopped'}));
    const running = all.map(service => replica(service));
    expect(order('start', stopped)).toEqual({db: [], back: ['db'], front: ['back', 'db']});
    expect(order('stop', running)).toEqual({front: [], back: ['front'], db: ['back', 'front']});
    expect(order('restart', running)).toEqual({db: [], back: ['db'], front: ['back', 'db']});
  });

  test('what is as it shall be, or out of reach, is left out', () => {
    expect(order('start', [replica('db')])).toEqual({});
    expect(order('stop', [replica('db', {state: 'stopped'})])).toEqual({});
    expect(order('stop', [replica('db', {state: 'unknown', container: undefined})])).toEqual({});
    expect(order('stop', [replica('db', {state: 'restarting'})])).toEqual({db: []});
  });
});

describe('log lines', () => {
  const source = {id: 'x', service: 'web', replica: 1, host: 'h1'};
  const line = (at: string, text: string, partial = false): LogLine => ({at, stream: 'stdout', text, partial});

  test('parts are one line with the time of the first, and what was read before is passed over', () => {
    const reader = new LogReader(source);
    expect(reader.feed(line('1', 'a', true))).toBeUndefined();
    expect(reader.feed(line('2', 'b'))).toMatchObject({at: '1', text: 'ab', service: 'web'});
    reader.resume();
    expect(reader.feed(line('2', 'b'))).toBeUndefined();
    expect(reader.feed(line('3', 'c'))).toMatchObject({text: 'c'});
    // A clock that was set back hides nothing.
    expect(reader.feed(line('1', 'd'))).toMatchObject({text: 'd'});
  });

  test('on a terminal nothing that a program printed moves the cursor; in a pipe it is as it was', () => {
    const record = {...source, at: '1', stream: 'stdout' as const, text: '\u001b[31mred\u001b[2J\t!\r'};
    const shown = new LogWriter({style: plainStyle, timestamps: false, raw: false}).line(record);
    expect(shown).toBe('web-1 | red\\e[2J  !');
    const raw = new LogWriter({style: plainStyle, timestamps: true, raw: true}).line(record);
    expect(raw).toBe(`web-1 | 1 ${record.text}`);
  });

  test('--since is a length of time or a point in time', () => {
    const now = new Date('2026-01-01T12:00:00Z');
    expect(sinceTime('10m', now)).toBe('2026-01-01T11:50:00.000000Z');
    expect(sinceTime('2026-01-01T13:00:00+02:00', now)).toBe('2026-01-01T11:00:00.000000Z');
    for (const text of ['yesterday', '2026', '']) expect(() => sinceTime(text, now)).toThrow('neither');
  });
});

test('CPU is counted between two looks; a container that is new counts from zero', () => {
  const look = (at: number, seconds: number) => ({
    at,
    usage: new Map([['a', {cpuSeconds: seconds, memory: 5, oomKills: 0}]]),
  });
  expect(usageBetween(look(0, 1), look(200, 1.1)).get('a')).toEqual({cpu: 0.5, memory: 5});
  expect(usageBetween({at: 0, usage: new Map()}, look(200, 3)).get('a')).toEqual({cpu: 0, memory: 5});
});
