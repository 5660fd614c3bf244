// The import rule of the house: a file imports from its own folder and from lower floors.
// docs/ARCHITECTURE.md has the table; this is the same table, enforced by check-imports.mjs.
const engine = 'src/engine/';
const room = name => `^${engine}${name}/`;
const useCases = `^${engine}[^/]+\\.ts$`;

const only = (name, from, allowed, comment) => ({
  name,
  comment,
  from: {path: from},
  to: {path: '^src/', pathNot: [from, ...allowed]},
});

const belowUseCases = ['spec', 'hosts', 'scheduler', 'runtime', 'state', 'planner', 'executor'].map(room);
const pureFrom = [room('spec'), room('scheduler'), room('planner'), room('view')];

/** What must not be: an import `from` files of these paths `to` those, but for `pathNot`. */
export const forbidden = [
  {
    name: 'no-cycles',
    from: {},
    to: {circular: true},
  },
  only('floor-0-spec', room('spec'), [], 'spec imports nothing of ours'),
  only('floor-1-scheduler', room('scheduler'), [room('spec')], 'scheduler sees spec'),
  only('floor-1-hosts', room('hosts'), [room('spec')], 'hosts sees spec'),
  only('floor-2-runtime', room('runtime'), [room('spec'), room('hosts')], 'runtime sees hosts and spec'),
  only('floor-2-state', room('state'), [room('spec'), room('hosts')], 'state sees hosts and spec'),
  only(
    'floor-3-planner',
    room('planner'),
    [room('spec'), room('scheduler'), room('runtime'), room('state'), room('hosts')],
    'planner sees scheduler and spec, and types of runtime, state and hosts',
  ),
  {
    name: 'floor-3-planner-types-only',
    from: {path: room('planner')},
    to: {path: [room('runtime'), room('state'), room('hosts')], exceptTypes: true},
  },
  only(
    'floor-4-executor',
    room('executor'),
    [room('spec'), room('hosts'), room('scheduler'), room('runtime'), room('state'), room('planner')],
    'executor sees everything below',
  ),
  only('floor-5-client', room('client'), [room('spec')], 'the client of the API sees spec'),
  only('telemetry', room('telemetry'), [room('spec')], 'telemetry sees spec'),
  only(
    'floor-6-coordinator',
    room('coordinator'),
    [...belowUseCases, useCases, room('telemetry')],
    'coordinator sees the use cases and everything below',
  ),
  only(
    'floor-7-api',
    room('api'),
    [...belowUseCases, useCases, room('telemetry'), room('coordinator'), room('grpc')],
    'api sees the coordinator and everything below, and starts gRPC beside it',
  ),
  only(
    'floor-7-grpc',
    room('grpc'),
    [...belowUseCases, useCases, room('telemetry'), room('coordinator')],
    'grpc sees the coordinator and everything below',
  ),
  only('lab', room('lab'), [room('spec'), room('hosts')], 'lab uses hosts (and spec for errors)'),
  {
    name: 'floor-5-use-cases',
    from: {path: useCases},
    to: {path: ['^src/commands/', room('view'), room('api'), room('grpc'), room('coordinator')]},
  },
  {
    name: 'nobody-imports-commands',
    from: {path: '^src/engine/'},
    to: {path: '^src/(commands|cli)/'},
  },
  {
    name: 'view-sees-types-only',
    from: {path: room('view')},
    to: {path: '^src/engine/', pathNot: [room('view'), room('spec')], exceptTypes: true},
  },
  {
    name: 'pure-rooms-do-no-io',
    from: {path: pureFrom},
    to: {
      core: true,
      path: '^(node:)?(fs|fs/promises|child_process|net|http|https|os|process|dgram|tls|timers|timers/promises)$',
    },
  },
];
