import {basename} from 'node:path';
import type {Fleet} from './fleet.ts';
import {referenceName, sentName} from './runtime/images/index.ts';
import type {Session} from './session.ts';
import type {ImageSource} from './spec/stack.ts';

/** Whether a host that answers has it. */
export const isOnHost = (fleet: Fleet, name: string, digest: string): boolean =>
  fleet.observed.some(
    host => host.reachable && host.images.some(image => image.name === name && image.digest === digest),
  );

/** How containerd on the hosts knows an image. */
export function nameOnHosts(session: Session, image: ImageSource, digest: string): string {
  if (image.kind === 'reference') return referenceName(image.reference);
  const path = image.kind === 'archive' ? image.path.replace(/\.tar(\.gz)?$/, '') : image.context;
  return sentName(session.project.name, basename(path), digest);
}
