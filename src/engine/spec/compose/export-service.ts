import {formatDuration, formatSize} from '../quantities.ts';
import type {Health, PublishedPort, Service, Stack} from '../stack.ts';

/** Name of the config that holds a file of a service; files have none in a stack. */
export const configName = ({name}: Pick<Service, 'name'>, index: number): string => `${name}-${index + 1}`;

export interface Exporting {
  /** An absolute path as the Compose file says it. */
  readonly relative: (path: string) => string;
  /** Told what cannot be said. */
  readonly tell: (key: string, reason: string) => void;
}

/** One service of a stack as a service of a Compose file: plain data, keys in the order in which they are read. */
export function exportService(service: Service, stack: Stack, {relative, tell}: Exporting): Record<string, unknown> {
  const {command, entrypoint, env, labels, ports, resources, stop, workdir, user} = service;
  tellUnsaid(service, tell);
  return withoutEmpty({
    ...image(service, {relative, tell}),
    depends_on: needs(service, stack),
    environment: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, text(value)])),
    secrets: service.secrets?.map(({name, target, mode, uid, gid}) => ({
      source: name,
      target,
      mode,
      ...(uid === 0 ? {} : {uid: String(uid), gid: String(gid)}),
    })),
    configs: service.files?.map(({target, mode}, index) => ({source: configName(service, index), target, mode})),
    entrypoint: entrypoint?.map(text),
    command: command?.map(text),
    working_dir: workdir,
    user,
    ports: ports.map(portText),
    volumes: [
      ...service.volumes.map(({volume, target, readOnly}) => `${volume}:${target}${readOnly ? ':ro' : ''}`),
      ...service.mounts.map(({source, target, readOnly}) => `${source}:${target}${readOnly ? ':ro' : ''}`),
    ],
    healthcheck: service.health && healthcheck(service.health, tell),
    read_only: service.readOnly || undefined,
    cap_add: service.capabilities.add,
    cap_drop: service.capabilities.drop,
    security_opt: [
      `no-new-privileges:${service.noNewPrivileges}`,
      ...(service.seccomp === 'unconfined' ? ['seccomp:unconfined'] : []),
    ],
    restart: {always: 'always', 'on-failure': 'on-failure', never: 'no'}[service.restart],
    stop_signal: stop.signal === 'SIGTERM' ? undefined : stop.signal,
    stop_grace_period: stop.graceMs === 10_000 ? undefined : composeTime(stop.graceMs),
    logging: service.logs && {
      driver: 'json-file',
      options: {'max-size': logSize(service.logs.maxSize), 'max-file': String(service.logs.maxFiles)},
    },
    labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, text(value)])),
    deploy: deploy(service, resources),
  });
}

/** `$` begins a variable in Compose; a secret becomes one that must be set. */
const text = (value: string): string =>
  value.replace(/\$\{secret:([^}]*)\}|\$/g, (_, secret?: string) =>
    secret === undefined ? '$$' : `\${${secret.replace(/\W/g, '_')}:?a secret}`,
  );

function image({name, image: source}: Service, {relative, tell}: Exporting): Record<string, unknown> {
  if (source.kind === 'reference') return {image: source.reference.replace(/^docker\.io\/(?:library\/)?/, '')};
  if (source.kind === 'archive') {
    tell(
      'archive',
      `Compose reads no archives: docker load -i ${relative(source.path)}, and write the name of the image`,
    );
    return {image: name};
  }
  const file = source.file.startsWith(`${source.context}/`)
    ? source.file.slice(source.context.length + 1)
    : source.file;
  const build = {
    context: relative(source.context),
    ...(file === 'Dockerfile' ? {} : {dockerfile: file}),
    ...(Object.keys(source.args).length > 0 && {
      args: Object.fromEntries(Object.entries(source.args).map(([key, value]) => [key, text(value)])),
    }),
    ...(source.target !== undefined && {target: source.target}),
  };
  return {build: Object.keys(build).length === 1 ? build.context : build};
}

function needs({needs: names}: Service, {services}: Stack): Record<string, unknown> {
  const hasCheck = (name: string) => services.find(one => one.name === name)?.health?.check.kind === 'exec';
  return Object.fromEntries(
    names.map(name => [name, {condition: hasCheck(name) ? 'service_healthy' : 'service_started'}]),
  );
}

const portText = ({address, host, container, protocol}: PublishedPort): string =>
  `${address === undefined ? '' : `${address.includes(':') ? `[${address}]` : address}:`}${host}:${container}${protocol === 'udp' ? '/udp' : ''}`;

function healthcheck({check, intervalMs, timeoutMs, retries, startPeriodMs}: Health, tell: Exporting['tell']): unknown {
  if (check.kind !== 'exec') {
    tell(
      'health',
      `Compose checks by a command in the container: niyanta asks ${check.kind} port ${check.port} from outside`,
    );
    return undefined;
  }
  return {
    test: ['CMD', ...check.command.map(text)],
    interval: composeTime(intervalMs),
    timeout: composeTime(timeoutMs),
    retries,
    start_period: composeTime(startPeriodMs),
  };
}

/** Compose knows hours as its longest unit. */
const composeTime = (ms: number): string => (ms >= 86_400_000 ? `${ms / 3_600_000}h` : formatDuration(ms));

/** Docker's sizes of logs are binary, whole, with one letter. */
const logSize = (bytes: number): string =>
  formatSize(bytes).replace(/^(\d+)([KMGT])i$/, (_, count, unit) => `${count}${unit.toLowerCase()}`);

function deploy({replicas, update, placement}: Service, {cpu, memory}: Service['resources']): Record<string, unknown> {
  const limits = withoutEmpty({
    cpus: cpu === undefined ? undefined : String(cpu),
    memory: memory === undefined ? undefined : String(memory),
  });
  return withoutEmpty({
    replicas: replicas === 1 ? undefined : replicas,
    resources: Object.keys(limits).length > 0 ? {limits} : undefined,
    update_config: updateConfig(update),
    placement: withoutEmpty({
      constraints: Object.entries(placement.require).map(
        ([label, value]) => `${label === 'host' ? 'node.hostname' : `node.labels.${label}`} == ${value}`,
      ),
      preferences:
        placement.spread === undefined || placement.spread === 'host'
          ? []
          : [{spread: `node.labels.${placement.spread}`}],
    }),
  });
}

function updateConfig({strategy, maxSurge, maxUnavailable}: Service['update']): Record<string, unknown> {
  if (strategy === 'recreate') return {parallelism: 0};
  if (maxSurge === 1 && maxUnavailable === 0) return {};
  return maxSurge > 0
    ? {parallelism: maxSurge, order: 'start-first'}
    : {parallelism: maxUnavailable, order: 'stop-first'};
}

function tellUnsaid({update, placement, network, files}: Service, tell: Exporting['tell']): void {
  if (update.strategy !== 'rolling' && update.strategy !== 'recreate')
    tell('update.strategy', `${update.strategy}: Compose replaces containers one after another`);
  if (update.maxSurge > 0 && update.maxUnavailable > 0)
    tell('update.maxUnavailable', 'Compose starts first or stops first, not both');
  if (placement.prefer.length > 0) tell('placement.prefer', 'Compose has no preferences for labels');
  if (placement.avoid.length > 0) tell('placement.avoid', 'Compose does not keep services apart');
  if (placement.allowMove) tell('placement.allowMove', 'Compose has no such rule');
  if (network) tell('network', 'Compose has networks: put those that may talk to each other into one');
  if (files?.some(({reload}) => reload !== undefined)) tell('files', 'Compose sends no signal when a file changes');
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  (Array.isArray(value)
    ? value.length === 0
    : typeof value === 'object' && value !== null && Object.keys(value).length === 0);

const withoutEmpty = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
