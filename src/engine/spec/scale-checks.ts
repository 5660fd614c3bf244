import type {UserError} from './errors.ts';
import type {CheckedServices} from './stack-checks.ts';
import {errorAt, keyPlaceAt, type Path, treeAt} from './tree.ts';

/** What `scale` asks of the rest of its service, and of the stack's routes. */
export function checkScaling(
  {tree, services}: Pick<CheckedServices, 'tree' | 'services'>,
  routed: ReadonlySet<string>,
  report: (error: UserError) => void,
): void {
  const conflict = (path: Path, message: string, hint: string) =>
    report(errorAt(keyPlaceAt(tree, path), path, {code: 'conflict', message, hint}));
  for (const [name, {scale, resources}] of services) {
    if (!scale) continue;
    const at = ['services', name];
    const written = treeAt(tree, at);
    if (written?.kind === 'map' && written.entries.has('replicas')) {
      const hint = `Remove it: ${name} begins with scale.min and has from ${scale.min} to ${scale.max} replicas.`;
      conflict([...at, 'replicas'], 'cannot stand beside scale', hint);
    }
    for (const figure of ['cpu', 'memory'] as const) {
      if (scale[figure] === undefined || resources[figure] !== undefined) continue;
      const message = `is a share of resources.${figure}, which is not given`;
      conflict([...at, 'scale', figure], message, `Say how much a replica may use: resources: {${figure}: …}`);
    }
    if (scale.requests !== undefined && !routed.has(name)) {
      const message = 'counts what the proxies are asked, and no route leads to this service';
      conflict([...at, 'scale', 'requests'], message, `Add one: routes: [{service: ${name}, …}], or leave it out.`);
    }
  }
}
