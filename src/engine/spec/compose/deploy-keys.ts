import {formatSize} from '../quantities.ts';
import {composeBytes} from './compose-values.ts';
import {put} from './process-keys.ts';
import type {Key, ServiceContext} from './service-context.ts';
import {placed} from './written.ts';

type Part = Key & {readonly name: string};

/** `deploy`: replicas, limits, how to update and where to run. */
export function deploy(service: ServiceContext, key: Key): void {
  for (const part of service.entries(key)) {
    if (part.name === 'replicas') replicas(service, part);
    else if (part.name === 'resources') resources(service, part);
    else if (part.name === 'update_config') update(service, part);
    else if (part.name === 'placement') placement(service, part);
    else if (part.name === 'restart_policy') restartPolicy(service, part);
    else if (part.name === 'mode') mode(service, part);
    else if (part.name === 'labels')
      service.note('lost', part, 'labels of a swarm service; labels of the service go to its containers');
    else service.note('lost', part, REASONS[part.name] ?? 'niyanta has no such setting');
  }
}

const REASONS: Readonly<Record<string, string>> = {
  rollback_config: 'a failed update is rolled back as it was made',
  endpoint_mode: 'there are no virtual addresses: names list all replicas',
};

/** `deploy.replicas` and `scale`. */
export function replicas(service: ServiceContext, key: Key): void {
  const text = service.text(key);
  if (text === undefined) return;
  const written = service.all.variables.has(text) ? service.written(key, text) : Number(text);
  if (written !== undefined) service.set('replicas', placed(written, key.at));
}

function mode(service: ServiceContext, key: Key): void {
  const text = service.text(key);
  if (text === 'replicated') {
    service.note('needless', key, 'every service is');
    return;
  }
  if (text === 'global') {
    service.note('changed', key, 'runs on as many hosts as replicas says, spread over them');
    return;
  }
  service.note('lost', key, `${text}: a service of a stack is replicated`);
}

function resources(service: ServiceContext, key: Key): void {
  for (const part of service.entries(key)) {
    if (part.name === 'limits') {
      for (const limit of service.entries(part)) {
        if (limit.name === 'cpus') cpus(service, limit);
        else if (limit.name === 'memory') memory(service, limit);
        else service.note('lost', limit, 'limits are cpu and memory');
      }
    } else {
      for (const one of service.entries(part)) {
        service.note(
          'lost',
          one,
          one.name === 'devices'
            ? 'niyanta gives containers no devices'
            : 'placement counts limits as needed; there are no reservations beside them',
        );
      }
    }
  }
}

export function cpus(service: ServiceContext, key: Key): void {
  const text = service.text(key);
  const number = text === undefined ? Number.NaN : Number(service.fixed(key, text));
  if (number > 0) put(service, 'resources', 'cpu', number, key);
  else if (number !== 0) service.note('lost', key, 'is not a number of cores');
}

export function memory(service: ServiceContext, key: Key): void {
  const text = service.text(key);
  const bytes = text === undefined ? undefined : composeBytes(service.fixed(key, text));
  if (bytes === undefined) service.note('lost', key, 'is not an amount of memory');
  else if (bytes > 0) put(service, 'resources', 'memory', formatSize(bytes), key);
}

function update(service: ServiceContext, key: Key): void {
  const parts = service.entries(key);
  const text = (name: string): string | undefined => {
    const part = parts.find(one => one.name === name);
    return part && service.text(part);
  };
  const at = Number(text('parallelism') ?? 1);
  const startFirst = text('order') === 'start-first';
  // Compose stops first unless told otherwise; 0 at a time is all at once.
  if (at === 0) put(service, 'update', 'strategy', 'recreate', key);
  else {
    put(service, 'update', 'maxSurge', startFirst ? at : 0, key);
    put(service, 'update', 'maxUnavailable', startFirst ? 0 : at, key);
  }
  for (const part of parts) {
    if (part.name === 'parallelism' || part.name === 'order') continue;
    const reason =
      part.name === 'failure_action'
        ? 'apply --on-failure says it; rollback by default'
        : 'niyanta goes on when a replica is healthy';
    service.note('lost', part, reason);
  }
}

function placement(service: ServiceContext, key: Key): void {
  for (const part of service.entries(key)) {
    if (part.name === 'constraints') for (const item of service.items(part)) constraint(service, item);
    else if (part.name === 'preferences') for (const item of service.items(part)) preference(service, item);
    else service.note('lost', part, 'niyanta has no such rule of placement');
  }
}

function constraint(service: ServiceContext, item: Key): void {
  const text = service.text(item);
  if (text === undefined) return;
  const [, what, label, operator, value] =
    /^node\.(labels\.([^\s=!]+)|hostname|role|id|platform\.\w+)\s*(==|!=)\s*(.+)$/.exec(service.fixed(item, text)) ??
    [];
  const name = label ?? (what === 'hostname' ? 'host' : undefined);
  if (name === undefined || operator !== '==' || value === undefined) {
    service.note(
      'lost',
      item,
      'placement asks for labels of hosts: node.labels.NAME == VALUE and node.hostname == NAME',
    );
    return;
  }
  const rules = service.keys.get('placement')?.value;
  const require = rules instanceof Map ? rules.get('require')?.value : undefined;
  const entries = new Map([...(require instanceof Map ? require : []), [name, placed(value.trim(), item.at)]]);
  service.set('placement', {
    value: new Map([...(rules instanceof Map ? rules : []), ['require', {value: entries}]]),
    from: item.at,
  });
}

function preference(service: ServiceContext, item: Key): void {
  const spread = service.entries(item).find(({name}) => name === 'spread');
  const label = spread && /^node\.labels\.(\S+)$/.exec(service.text(spread) ?? '')?.[1];
  if (label) put(service, 'placement', 'spread', label, item);
  else service.note('lost', item, 'placement is spread over labels of hosts: spread: node.labels.NAME');
}

/** `restart`: of services that say nothing Compose leaves containers as they end. */
export function restart(service: ServiceContext, key: Key): void {
  const text = service.fixed(key, service.text(key) ?? '');
  const [policy, times] = text.split(':');
  const as = {
    no: 'never',
    false: 'never',
    '': 'never',
    always: 'always',
    'unless-stopped': 'always',
    'on-failure': 'on-failure',
  }[policy ?? ''];
  if (as === undefined) {
    service.note('lost', key, `${JSON.stringify(text)} is no policy that Compose has`);
    return;
  }
  if (times !== undefined) service.note('lost', key, `restarts are not counted: not only ${times} times`);
  service.set('restart', placed(as, key.at));
}

function restartPolicy(service: ServiceContext, key: Part): void {
  const parts = service.entries(key);
  const condition = parts.find(({name}) => name === 'condition');
  const text = condition ? service.text(condition) : 'any';
  const as = {none: 'never', 'on-failure': 'on-failure', any: 'always'}[text ?? ''];
  if (as === undefined) service.note('lost', condition!, `${JSON.stringify(text)} is no condition that Compose has`);
  else service.set('restart', placed(as, key.at));
  for (const part of parts) {
    if (part !== condition)
      service.note('lost', part, "containerd's restart monitor looks every ten seconds, without end");
  }
}
