import type {UserError} from './errors.ts';
import type {CheckedServices} from './stack-checks.ts';
import {errorAt, type Path, placeAt, type Tree} from './tree.ts';

/**
 * Old and new replicas of a blue-green or canary release run side by side: what they cannot share is refused where it is
 * written, as is a canary that no proxy could split requests for. `routed` are services that a route leads to.
 */
export function checkReleases(
  {tree, services}: Pick<CheckedServices, 'tree' | 'services'>,
  routed: ReadonlySet<string>,
  report: (error: UserError) => void,
): void {
  for (const [name, service] of services) {
    const {strategy} = service.update;
    if (strategy !== 'blue-green' && strategy !== 'canary') continue;
    const refuse = (path: Path, message: string, hint: string) =>
      report(errorAt(placeAt(tree, path), path, {code: 'release-impossible', message, hint}));
    service.ports.forEach((port, index) => {
      refuse(
        ['services', name, 'ports', index],
        `port ${port.host} of a host can be held by one container, but ${strategy} runs old and new replicas at once`,
        'Use a route in place of the port, or strategy: rolling.',
      );
    });
    service.volumes.forEach(({volume, readOnly}, index) => {
      if (readOnly) return;
      refuse(
        ['services', name, 'volumes', index],
        `volume ${volume} is written by one container at a time, but ${strategy} runs old and new replicas at once`,
        'Mount it read-only (name:/path:ro), or use strategy: rolling or recreate.',
      );
    });
    service.mounts.forEach(({source, readOnly}, index) => {
      if (readOnly) return;
      refuse(
        ['services', name, 'mounts', index],
        `${source} is written by one container at a time, but ${strategy} runs old and new replicas at once`,
        'Mount it read-only (…:ro), or use strategy: rolling or recreate.',
      );
    });
    if (strategy === 'canary' && !routed.has(name)) {
      refuse(
        ['services', name, 'update', 'strategy'],
        `no route leads to ${name}, and only proxies can send it a part of the requests`,
        `Add a route to it, or use strategy: blue-green, which switches names inside the network at once.`,
      );
    }
  }
}

/** The services that a route leads to, as far as the routes can be read. */
export function routedServices(tree: Tree): ReadonlySet<string> {
  const routes = tree.kind === 'map' ? tree.entries.get('routes')?.value : undefined;
  const written = routes?.kind === 'list' ? routes.items : [];
  return new Set(
    written.flatMap(route => {
      const service = route.kind === 'map' ? route.entries.get('service')?.value : undefined;
      return service?.kind === 'scalar' ? [String(service.value)] : [];
    }),
  );
}
