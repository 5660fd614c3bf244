import {expect, test} from 'vitest';
import {commandsOf} from '../../../src/engine/executor/commands-of.ts';
import {hostActions} from '../../../src/engine/executor/host-actions.ts';
import type {Connection} from '../../../src/engine/hosts/connection.ts';
import type {ContainerOperation, Operation, Plan} from '../../../src/engine/planner/plan.ts';
import {FencedHost} from '../../../src/engine/runtime/fenced-host.ts';
import {sampleSpec} from '../runtime/sample-spec.ts';
import {simulatedWorker} from '../runtime/simulated-worker.ts';

const now = new Date('2026-01-02T03:04:05Z');
const value = 'the value itself';
const spec = sampleSpec({
  host: 'h1',
  env: {URL: 'db://${secret:token}@db'},
  secrets: {token: 'abcdef'},
  command: undefined,
});

const container = (how: ContainerOperation['how'], more: Partial<ContainerOperation> = {}): Operation =>
  ({
    id: 'c',
    kind: 'container',
    action: 'create',
    how,
    service: spec.service,
    replica: spec.replica,
    host: 'h1',
    reason: 'new',
    changes: [],
    after: [],
    previous: [],
    order: 'start-first',
    spec,
    ...more,
  }) as Operation;

const registries = {
  'plain.example:5000': {http: true},
  'private.example': {http: false, username: 'ci', password: '${secret:registry}'},
};

const planOf = (...operations: Operation[]): Plan =>
  ({serial: 5, project: spec.project, stack: spec.stack, environment: spec.environment, operations}) as unknown as Plan;

const shown = (...operations: Operation[]): string[] =>
  commandsOf(planOf(...operations), {observed: [], entrypoints: new Map(), registries, now}).flatMap(({commands}) => [
    ...commands,
  ]);

/** What is really sent to a host, recorded. */
async function sent(act: (actions: ReturnType<typeof hostActions>) => Promise<unknown>): Promise<string[]> {
  const scripts: string[] = [];
  const connection = {
    host: 'h1',
    run: async () => ({code: 0, stdout: '', stderr: ''}),
    spawn: async () =>
      simulatedWorker(({text}) => {
        scripts.push(text.trimEnd());
        return {code: 0};
      }),
  } as unknown as Connection;
  const {signal} = new AbortController();
  const changing = new FencedHost(
    connection,
    {scope: 'shop.default', number: 7, holder: 'me'},
    {stop: signal, onFenced: () => undefined},
  );
  await act(
    hostActions({
      connection: () => connection,
      changing: () => changing,
      observed: [],
      secrets: new Map([['token', value]]),
      localImages: new Map(),
      sites: new Map(),
      registryAccess: async () => ({http: false}),
      serial: 7,
      limitPerHost: 4,
      now: () => now,
    }),
  );
  return scripts;
}

const context = {signal: new AbortController().signal, onProgress: () => undefined};

test('creating a container runs what plan --commands shows, but for the secret', async () => {
  const [run = ''] = await sent(actions => actions.createContainer(spec, [], context));
  expect(run).toContain(value);
  const [show] = shown(container('create'));
  expect(show).toBe(run.replaceAll(value, '${secret:token}'));
  expect(show).not.toContain(value);
});

test('replacing one shows how the old one is stopped and removed, in that order', async () => {
  const previous = [{host: 'h1', id: 'old'}];
  const stop = await sent(actions => actions.stopContainer('h1', 'old'));
  const remove = await sent(actions => actions.removeContainer('h1', 'old'));
  expect(shown(container('replace', {previous})).slice(2)).toEqual([...stop, ...remove]);
  expect(shown(container('replace', {previous, order: 'stop-first'}))[0]).toBe(stop[0]);
  expect(shown(container('delete', {previous, spec: undefined}))).toEqual([...stop, ...remove]);
});

test('volumes and scripts are the same, too', async () => {
  const volume = {
    id: 'v',
    kind: 'volume',
    action: 'create',
    host: 'h1',
    volume: 'data',
    reason: 'new',
    changes: [],
    after: [],
  };
  const path = '/var/lib/niyanta/volumes/shop-default/data';
  const create = {...volume, path} as Operation & {kind: 'volume'};
  expect(shown(create)).toEqual(await sent(actions => actions.createVolume(create)));
  const host = {
    id: 'host:h1',
    kind: 'host',
    action: 'create',
    host: 'h1',
    reason: 'new',
    changes: [],
    after: [],
  } as Operation;
  expect(shown(host)).toEqual(await sent(actions => actions.installToolkit('h1')));
});

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['docker.io', 'nginx:1', undefined, 'ctr --namespace niyanta images pull docker.io/library/nginx:1'],
  ['a pinned one', 'nginx:1', digest, `ctr --namespace niyanta images pull docker.io/library/nginx@${digest}`],
  [
    'plain http',
    'plain.example:5000/web:1',
    undefined,
    'ctr --namespace niyanta images pull --plain-http plain.example:5000/web:1',
  ],
])('a pull from %s is shown as it is made', (_, reference, pin, command) => {
  expect(shown(pull(reference, pin))).toEqual([command]);
});

test('a private pull shows neither password nor the name of its secret', () => {
  const [text = ''] = shown(pull('private.example/web:1', digest));
  expect(text).toContain(`private.example private.example/web@${digest}`);
  expect(text).not.toContain('registry}');
});

const pull = (reference: string, pin: string | undefined): Operation =>
  ({
    id: 'i',
    kind: 'image',
    action: 'create',
    host: 'h1',
    label: reference,
    source: {kind: 'reference', reference},
    pinned: pin && {source: reference, name: reference, digest: pin},
    reason: 'new',
    changes: [],
    after: [],
  }) as Operation;
