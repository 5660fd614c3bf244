import type {UserError} from './errors.ts';
import {secretsIn} from './placeholders.ts';
import {compileSecretFile} from './secret-file-schema.ts';
import type {ParsedService} from './service-schema.ts';
import {didYouMean} from './suggest.ts';
import {errorAt, keyPlaceAt, type Path, placeAt, type Tree, treeAt} from './tree.ts';

type Report = (error: UserError) => void;

/** Services that are right by themselves, and the names of all. */
export interface CheckedServices {
  readonly tree: Tree;
  readonly services: ReadonlyMap<string, ParsedService>;
  readonly names: readonly string[];
  readonly volumes: readonly string[];
  /** Services whose template could not be read: what they lack says nothing. */
  readonly unfinished: ReadonlySet<string>;
}

/** What no schema can see: everything that one part of a stack says about another. */
export function checkStack(checked: CheckedServices, report: Report): void {
  for (const [name, service] of checked.services) {
    if (!checked.unfinished.has(name)) checkSource(checked.tree, name, service, report);
    checkNeeds(checked, name, service, report);
    checkNetwork(checked, name, service, report);
    checkVolumes(checked, name, service, report);
    checkTargets(checked.tree, name, service, report);
    service.placement.avoid.forEach((avoid, index) => {
      const path = ['services', name, 'placement', 'avoid', index, 'service'];
      if (!checked.names.includes(avoid.service)) report(unknownService(checked, path, avoid.service));
    });
  }
  checkCycles(checked, report);
  checkPorts(checked, report);
}

function unknownService({tree, names}: CheckedServices, path: Path, name: string): UserError {
  const message = `there is no service ${JSON.stringify(name)}${didYouMean(name, names)}`;
  return errorAt(placeAt(tree, path), path, {code: 'unknown-service', message, hint: `Services: ${names.join(', ')}.`});
}

function checkSource(tree: Tree, name: string, service: ParsedService, report: Report): void {
  const given = (['image', 'archive', 'build'] as const).filter(key => service[key] !== undefined);
  const path = ['services', name];
  const written = treeAt(tree, path);
  const tried = written?.kind === 'map' && ['image', 'archive', 'build'].some(key => written.entries.has(key));
  if (given.length === 0 && !tried) {
    const message = 'has no image: write image, archive, build or template';
    report(errorAt(keyPlaceAt(tree, path), path, {code: 'missing', message}));
  }
  for (const key of given.slice(1)) {
    const message = `cannot stand beside ${given[0]}: an image has one source`;
    report(errorAt(keyPlaceAt(tree, [...path, key]), [...path, key], {code: 'conflict', message}));
  }
}

function checkNetwork(checked: CheckedServices, name: string, {network}: ParsedService, report: Report): void {
  network?.from?.forEach((service, index) => {
    const path = ['services', name, 'network', 'from', index];
    if (!checked.names.includes(service)) report(unknownService(checked, path, service));
  });
}

function checkNeeds(checked: CheckedServices, name: string, service: ParsedService, report: Report): void {
  service.needs.forEach((need, index) => {
    const path = ['services', name, 'needs', index];
    if (!checked.names.includes(need)) report(unknownService(checked, path, need));
    else if (need !== name && service.needs.indexOf(need) < index) {
      report(errorAt(placeAt(checked.tree, path), path, {code: 'duplicate', message: `${need} is listed twice`}));
    }
  });
}

function checkVolumes({tree, volumes}: CheckedServices, name: string, service: ParsedService, report: Report): void {
  service.volumes.forEach(({volume}, index) => {
    if (volumes.includes(volume)) return;
    const path = ['services', name, 'volumes', index];
    const message = `the volume ${JSON.stringify(volume)} is not declared${didYouMean(volume, volumes)}`;
    const hint = `Add it at the top level: volumes: {${volume}: {}}`;
    report(errorAt(placeAt(tree, path), path, {code: 'unknown-volume', message, hint}));
  });
}

function checkTargets(tree: Tree, name: string, service: ParsedService, report: Report): void {
  const seen = new Map<string, string>();
  for (const target of Object.keys(service.files)) seen.set(target, `files.${target}`);
  const files = service.secrets.map(secret => ({target: compileSecretFile(secret, undefined).target}));
  for (const [key, mounts] of [
    ['volumes', service.volumes],
    ['mounts', service.mounts],
    ['secrets', files],
  ] as const) {
    mounts.forEach(({target}, index) => {
      const path = ['services', name, key, index];
      const first = seen.get(target);
      if (first === undefined) seen.set(target, `${key}.${index}`);
      else {
        const message = `${target} is already taken by ${first}`;
        report(errorAt(placeAt(tree, path), path, {code: 'duplicate-target', message}));
      }
    });
  }
}

/** Each cycle once, told from its first service in the file. */
function checkCycles({tree, services}: CheckedServices, report: Report): void {
  const done = new Set<string>();
  const walk = (name: string, trail: readonly string[]): void => {
    const from = trail.indexOf(name);
    if (from !== -1) {
      const cycle = [...trail.slice(from), name];
      const last = trail.at(-1)!;
      const path = ['services', last, 'needs', services.get(last)!.needs.indexOf(name)];
      const message = cycle.length === 2 ? `${name} needs itself` : `is a cycle: ${cycle.join(' needs ')}`;
      const hint = 'Remove one of these: none of them could start first.';
      report(errorAt(placeAt(tree, path), path, {code: 'needs-cycle', message, hint}));
      return;
    }
    if (done.has(name)) return;
    for (const need of services.get(name)?.needs ?? []) walk(need, [...trail, name]);
    done.add(name);
  };
  for (const name of services.keys()) walk(name, []);
}

/** A host's port has one owner. Replicas of one service go to different hosts, but two services need not. */
function checkPorts({tree, services}: CheckedServices, report: Report): void {
  const taken: {service: string; host: number; protocol: string; address?: string}[] = [];
  for (const [name, service] of services) {
    service.ports.forEach((port, index) => {
      const clash = taken.find(
        other =>
          other.host === port.host &&
          other.protocol === port.protocol &&
          (other.address === port.address || isAny(other.address) || isAny(port.address)),
      );
      if (clash) {
        const path = ['services', name, 'ports', index];
        const by = clash.service === name ? 'this service already' : `service ${clash.service}`;
        const message = `port ${port.host}/${port.protocol} of the host is published by ${by}`;
        report(errorAt(placeAt(tree, path), path, {code: 'port-conflict', message, hint: 'Choose another port.'}));
      }
      taken.push({service: name, ...port});
    });
  }
}

const isAny = (address: string | undefined): boolean =>
  address === undefined || address === '0.0.0.0' || address === '::';

/** `${secret:…}` outside of the places where it is kept from prying eyes. */
export function checkSecretPlaces(tree: Tree, allowed: (path: Path) => boolean, report: Report, path: Path = []): void {
  if (tree.kind === 'map') {
    for (const [key, {value}] of tree.entries) checkSecretPlaces(value, allowed, report, [...path, key]);
  } else if (tree.kind === 'list') {
    tree.items.forEach((item, index) => {
      checkSecretPlaces(item, allowed, report, [...path, index]);
    });
  } else if (typeof tree.value === 'string' && !allowed(path) && secretsIn(tree.value).length > 0) {
    const message = 'a secret cannot be used here: it would show in process lists, plans or state';
    const hint =
      'Secrets go into env, env files and passwords of registries and of the state, or become files: secrets: [NAME].';
    report(errorAt(tree.at, path, {code: 'secret-misplaced', message, hint}));
  }
}
