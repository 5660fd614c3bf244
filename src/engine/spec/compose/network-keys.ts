import {put} from './process-keys.ts';
import type {Key, ServiceContext} from './service-context.ts';
import {placed} from './written.ts';

/** Ranges longer than this are no ports of one service. */
const MOST_PORTS = 100;

/** `ports`, short and long: a port of the host has to be told. */
export function ports(service: ServiceContext, key: Key): void {
  for (const item of service.items(key)) {
    const texts = item.value.kind === 'map' ? longPort(service, item) : shortPorts(service, item);
    for (const text of texts) {
      const written = service.written(item, text);
      if (written !== undefined) service.append('ports', {value: written, from: item.at});
    }
  }
}

function longPort(service: ServiceContext, item: Key): readonly string[] {
  const texts: Record<string, string> = {};
  for (const part of service.entries(item)) texts[part.name] = service.text(part) ?? '';
  const {target, published, protocol = 'tcp', host_ip: address} = texts;
  if (target === undefined) {
    service.note('lost', item, 'has no target');
    return [];
  }
  if (published === undefined) noted(service, item, target);
  return spread(service, item, {address, host: published ?? target, container: target, protocol});
}

function shortPorts(service: ServiceContext, item: Key): readonly string[] {
  const text = service.text(item);
  if (text === undefined) return [];
  const [, address, host, container, protocol = 'tcp'] =
    /^(?:(\[[^\]]*\]|[^:]*):)??(?:([^:]*):)?([^:/]+)(?:\/([a-z]+))?$/.exec(text) ?? [];
  if (container === undefined) {
    service.note('lost', item, `${JSON.stringify(text)} is not a port as Compose has them`);
    return [];
  }
  if (host === undefined || host === '') noted(service, item, container);
  return spread(service, item, {address: address || undefined, host: host || container, container, protocol});
}

const noted = (service: ServiceContext, item: Key, container: string): void =>
  service.note(
    'changed',
    item,
    `Compose takes any free port of the host; here it is ${service.all.variables.now(container)}`,
  );

interface Ports {
  readonly address?: string;
  readonly host: string;
  readonly container: string;
  readonly protocol: string;
}

/** `8000-8002` is three ports. */
function spread(service: ServiceContext, item: Key, {address, host, container, protocol}: Ports): readonly string[] {
  const text = (from: string, to: string): string =>
    `${address === undefined ? '' : `${address}:`}${from}:${to}${protocol === 'udp' ? '/udp' : ''}`;
  if (protocol !== 'tcp' && protocol !== 'udp') {
    service.note('lost', item, `the protocol ${protocol}: there are tcp and udp`);
    return [];
  }
  if (!/-/.test(host + container)) return [text(host, container)];
  const [from, to] = [host, container].map(range => /^(\d+)(?:-(\d+))?$/.exec(range));
  const length = (range: RegExpExecArray): number => Number(range[2] ?? range[1]) - Number(range[1]) + 1;
  if (!from || !to || length(to) < 1 || length(to) > MOST_PORTS || (length(from) !== length(to) && length(to) !== 1)) {
    service.note('lost', item, `${host}:${container} is no range of at most ${MOST_PORTS} ports`);
    return [];
  }
  if (length(from) !== length(to))
    service.note('changed', item, 'Compose takes a free port of the range; here it is the first');
  return Array.from({length: length(to)}, (_, index) =>
    text(String(Number(from[1]) + index), String(Number(to[1]) + index)),
  );
}

/** `depends_on` and `links`: order of the start. */
export function dependsOn(service: ServiceContext, key: Key): void {
  const entries =
    key.value.kind === 'map'
      ? service.entries(key)
      : service.items(key).map(item => ({...item, name: item.value.kind === 'scalar' ? item.value.text : ''}));
  for (const entry of entries) {
    const other = entry.name.split(':')[0]!;
    const name = service.all.services.get(other);
    const settings = entry.value.kind === 'map' ? service.entries({...entry}) : [];
    const setting = (wanted: string) => settings.find(one => one.name === wanted);
    if (name === undefined) {
      service.note('lost', entry, `there is no service ${JSON.stringify(other)} here`);
      continue;
    }
    if (entry.name.includes(':')) service.note('lost', entry, `another name for it: it is reached as ${name}`);
    const condition = setting('condition');
    const text = condition ? service.text(condition) : 'service_started';
    if (text === 'service_completed_successfully') {
      service.note(
        'lost',
        condition!,
        `needs waits until ${name} runs and is healthy, not until it has ended: make it a hook (hooks: {before: …})`,
      );
      continue;
    }
    const restart = setting('restart');
    if (restart && service.text(restart) === 'true') service.note('lost', restart, `is not restarted with ${name}`);
    const list = (service.keys.get('needs')?.value ?? []) as readonly {readonly value: unknown}[];
    if (!list.some(({value}) => value === name)) service.append('needs', placed(name, entry.at));
  }
}

export function networkMode(service: ServiceContext, key: Key): void {
  const mode = service.text(key) ?? '';
  if (mode === 'bridge' || mode === 'default') {
    service.note('needless', key, 'every container has an address of its own');
    return;
  }
  service.note(
    'lost',
    key,
    mode === 'host'
      ? 'every container has a network of its own: publish its ports'
      : `${mode}: every container has a network of its own`,
  );
}

/** `networks` of a service: all services of an environment are in one. */
export function networks(service: ServiceContext, key: Key): void {
  const named =
    key.value.kind === 'map'
      ? service.entries(key)
      : service.items(key).map(item => ({...item, name: item.value.kind === 'scalar' ? item.value.text : ''}));
  for (const network of named) {
    if (network.value.kind !== 'map') continue;
    for (const setting of service.entries(network)) {
      const reason =
        setting.name === 'aliases'
          ? `other names: it is reached as ${service.name}`
          : 'niyanta gives out addresses itself';
      service.note('lost', setting, reason);
    }
  }
}

/** `container_name` and `hostname`: names are niyanta's. */
export function ownName(service: ServiceContext, key: Key): void {
  const name = service.text(key);
  if (name === undefined) return;
  if (name === service.name) {
    service.note('needless', key, `others reach it as ${service.name} anyway`);
    return;
  }
  service.note('changed', key, `niyanta names containers; others reach it as ${service.name}`);
}

/** Size and number of log files, of the drivers that have them. */
export function logging(service: ServiceContext, key: Key): void {
  for (const part of service.entries(key)) {
    if (part.name === 'driver') {
      const driver = service.text(part);
      if (driver !== 'json-file' && driver !== 'local')
        service.note('lost', part, `logs are kept on the host and read by niyanta logs, not sent to ${driver}`);
      continue;
    }
    for (const option of part.name === 'options' ? service.entries(part) : []) {
      const text = service.text(option) ?? '';
      if (option.name === 'max-file')
        put(service, 'logs', 'maxFiles', Math.min(9, Math.max(1, Number(text) || 1)), option);
      else if (option.name === 'max-size' && /^\d+[kmg]$/i.test(text)) {
        put(service, 'logs', 'maxSize', `${text.slice(0, -1)}${text.slice(-1).toUpperCase()}i`, option);
      } else service.note('lost', option, 'niyanta has no such setting of a log');
    }
  }
}
