import type {ServiceName} from '../spec/stack.ts';

interface Needing {
  readonly name: ServiceName;
  readonly needs: readonly ServiceName[];
}

/** What is needed comes first; names decide between equals. Needs of unknown services, and cycles, are passed over. */
export function needsOrder<S extends Needing>(services: readonly S[]): readonly S[] {
  const byName = new Map([...services].sort((a, b) => (a.name < b.name ? -1 : 1)).map(s => [s.name, s]));
  const ordered = new Map<ServiceName, S>();
  const visit = (service: S, above: ReadonlySet<ServiceName>) => {
    if (ordered.has(service.name) || above.has(service.name)) return;
    const below = new Set([...above, service.name]);
    for (const name of [...service.needs].sort()) {
      const needed = byName.get(name);
      if (needed) visit(needed, below);
    }
    ordered.set(service.name, service);
  };
  for (const service of byName.values()) visit(service, new Set());
  return [...ordered.values()];
}

/** Everything that needs this service, directly or through others, sorted by name. */
export function dependantsOf<S extends Needing>(name: ServiceName, services: readonly S[]): readonly S[] {
  const found = new Set<ServiceName>();
  const collect = (needed: ServiceName) => {
    for (const service of services) {
      if (!service.needs.includes(needed) || found.has(service.name)) continue;
      found.add(service.name);
      collect(service.name);
    }
  };
  collect(name);
  return services.filter(s => found.has(s.name) && s.name !== name).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Everything that this service needs, directly or through others. */
export function needsOf<S extends Needing>(name: ServiceName, services: readonly S[]): ReadonlySet<ServiceName> {
  const found = new Set<ServiceName>();
  const collect = (caller: ServiceName) => {
    for (const needed of services.find(service => service.name === caller)?.needs ?? []) {
      if (found.has(needed)) continue;
      found.add(needed);
      collect(needed);
    }
  };
  collect(name);
  return found;
}
