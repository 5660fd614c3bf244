import type {z} from 'zod';
import type {volumeSchema} from './backup-schema.ts';
import type {UserError} from './errors.ts';
import type {ParsedService} from './service-schema.ts';
import {errorAt, type Path, placeAt, type Tree} from './tree.ts';

/** What a backup says about services: that the one it asks mounts the volume, and that there is one where it needs one. */
export function checkBackups(
  tree: Tree,
  volumes: Readonly<Record<string, z.output<typeof volumeSchema>>>,
  services: ReadonlyMap<string, ParsedService>,
  report: (error: UserError) => void,
): void {
  for (const [volume, settings] of Object.entries(volumes)) {
    if (!settings?.backup) continue;
    const {service, before} = settings.backup;
    const users = [...services].filter(([, {volumes: mounts}]) => mounts.some(mount => mount.volume === volume));
    const names = users.map(([name]) => name);
    const at = (key: string, code: string, message: string): void => {
      const path: Path = ['volumes', volume, 'backup', key];
      const hint = names.length > 0 ? `Services that mount it: ${names.join(', ')}.` : undefined;
      report(errorAt(placeAt(tree, path), path, {code, message, hint}));
    };
    if (service !== undefined && !names.includes(service)) {
      at('service', 'unknown-service', `the service "${service}" does not mount the volume "${volume}"`);
    } else if (names.length === 0 && ['pg_dump', 'stream', 'exec'].includes(before.kind)) {
      at('before', 'conflict', `needs a service that mounts the volume "${volume}", and none does`);
    }
  }
}
