import {pairs} from './image-keys.ts';
import type {Key, ServiceContext} from './service-context.ts';
import {type Placed, placed} from './written.ts';

type Label = Key & {readonly name: string; readonly text?: string};

/** `labels`: those of Traefik become routes, others stay. */
export function labels(service: ServiceContext, key: Key): void {
  const all = pairs(service, key);
  const traefik = all.filter(({name}) => /^traefik\./i.test(name));
  traefikRoutes(service, traefik);
  const entries = all.flatMap(label => {
    if (traefik.includes(label)) return [];
    if (/^(?:com\.centurylinklabs\.watchtower|wud|diun|homepage|ofelia|dozzle|autoheal)\b/.test(label.name)) {
      service.note('lost', label, 'for a program that reads the labels of Docker');
      return [];
    }
    const written = service.written(label, label.text ?? '');
    return written === undefined ? [] : [[label.name, placed(written, label.at)] as const];
  });
  if (entries.length > 0) service.set('labels', {value: new Map(entries), from: key.at});
}

/** Rules of hosts and paths of Traefik's routers, with the port that its services name. */
function traefikRoutes(service: ServiceContext, labels: readonly Label[]): void {
  const enabled = labels.find(({name}) => name === 'traefik.enable');
  if (enabled?.text === 'false') return;
  const port = labels.find(({name}) => /^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port$/.test(name));
  for (const label of labels) {
    if (label === enabled || label === port) continue;
    const part = /^traefik\.http\.routers\.[^.]+\.(.+)$/.exec(label.name)?.[1];
    if (part === 'rule') {
      const rules = routesOf(service, label);
      const number = port?.text ?? onlyPort(service);
      if (rules.length === 0) service.note('lost', label, 'routes know Host(`…`) and PathPrefix(`…`) only');
      else if (number === undefined)
        service.note('lost', label, 'which port of the container? Traefik asks the image; write a route');
      else
        for (const rule of rules) service.all.addRoute(route(service, rule, service.all.variables.now(number), label));
    } else if (part === 'entrypoints' || part === 'tls' || part?.startsWith('tls.') || part === 'service') {
      service.note('needless', label, 'a route with a host has certificates by itself');
    } else service.note('lost', label, "a setting of Traefik; niyanta's proxy takes routes");
  }
}

interface Rule {
  readonly host: string;
  readonly path?: string;
}

function routesOf(service: ServiceContext, label: Label): readonly Rule[] {
  const text = label.text ?? '';
  const quoted = (from: string): string[] => [...from.matchAll(/[`"']([^`"']+)[`"']/g)].map(([, one]) => one!);
  if (/[!]|Regexp|Query|Header|Method|ClientIP/i.test(text)) return [];
  const hosts = [...text.matchAll(/\bHost\(([^)]*)\)/g)].flatMap(([, inside]) => quoted(inside!));
  const paths = [...text.matchAll(/\bPath(?:Prefix)?\(([^)]*)\)/g)].flatMap(([, inside]) => quoted(inside!));
  const written = hosts.flatMap(host => service.written(label, host) ?? []);
  return written.flatMap(host => (paths.length === 0 ? [{host}] : paths.map(path => ({host, path}))));
}

/** The port that the service publishes or exposes, when there is one only. */
function onlyPort(service: ServiceContext): string | undefined {
  const tree = service.all.composeService(service.composeName);
  const exposed = tree?.kind === 'map' ? (tree.entries.get('expose') ?? tree.entries.get('ports'))?.value : undefined;
  const [first, second] = exposed?.kind === 'list' ? exposed.items : [];
  if (second !== undefined || first?.kind !== 'scalar') return undefined;
  return /(\d+)(?:\/tcp)?$/.exec(first.text)?.[1];
}

const route = (service: ServiceContext, {host, path}: Rule, port: string, {at}: Key): Placed =>
  placed({host, path: path === '/' ? undefined : path, service: service.name, port: Number(port)}, at);

/** What nginx-proxy and its kin read from the environment: VIRTUAL_HOST, VIRTUAL_PORT, VIRTUAL_PATH. */
export function virtualHosts(service: ServiceContext, key: Key): void {
  const all = pairs(service, key);
  const of = (name: string) => all.find(pair => pair.name === name);
  const hosts = of('VIRTUAL_HOST');
  if (hosts?.text === undefined) return;
  const port = of('VIRTUAL_PORT')?.text ?? onlyPort(service) ?? '80';
  const path = of('VIRTUAL_PATH')?.text;
  for (const name of hosts.text.split(',')) {
    const host = service.written(hosts, name.trim());
    if (host !== undefined && host !== '')
      service.all.addRoute(route(service, {host, path}, service.all.variables.now(port), hosts));
  }
  service.note('changed', hosts, 'became a route');
}
