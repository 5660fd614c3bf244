import {relative} from 'node:path';
import type {Service} from './spec/stack.ts';

/** As in PinnedImage.source; paths relative to the project, so that a clone elsewhere has the same lock file. */
export function imageLabel(service: Pick<Service, 'image'>, directory: string): string {
  const {image} = service;
  if (image.kind === 'reference') return image.reference;
  const path = relative(directory, image.kind === 'archive' ? image.path : image.context) || '.';
  if (image.kind === 'archive') return `archive:${path}`;
  const variant = [image.target, ...Object.entries(image.args).map(([name, value]) => `${name}=${value}`)].filter(
    Boolean,
  );
  return variant.length > 0 ? `build:${path} (${variant.join(', ')})` : `build:${path}`;
}
