import {UserError} from '../../spec/errors.ts';
import type {ImageReference as Parts} from '../../spec/image-reference.ts';
import {formatReference, parseReference as parts} from '../../spec/image-reference.ts';

/** A reference taken apart, defaults filled in. */
export interface ImageReference extends Parts {
  /** How containerd names the image: `docker.io/library/postgres:15`. */
  readonly full: string;
}

/** Errors: UserError `invalid-image`. */
export function parseReference(reference: string): ImageReference {
  const found = parts(reference);
  if (!('wrong' in found)) return {...found, full: formatReference(found)};
  throw new UserError({
    code: 'invalid-image',
    message: `image reference "${reference}" ${found.wrong}`,
    hint: 'Write it as [registry[:port]/]name[:tag][@sha256:…], for example docker.io/library/postgres:15.',
  });
}

/** The name in containerd of an image given by reference: the full, normalised reference. */
export const referenceName = (reference: string): string => parseReference(reference).full;

/** `docker.io/library/postgres@sha256:…`: kept beside the tag, so that what an older tag meant stays at hand. */
export function digestName(reference: string, digest: string): string {
  const {registry, repository} = parseReference(reference);
  return `${registry}/${repository}@${digest}`;
}

/** The name in containerd of an image sent from here: `niyanta.local/shop/backend:0123456789ab`. */
export const sentName = (project: string, label: string, digest: string): string =>
  `niyanta.local/${pathPart(project)}/${pathPart(label)}:${digest.replace(/^sha256:/, '').slice(0, 12)}`;

/** What a name may hold in a reference's path, from any text. */
function pathPart(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return plain === '' ? 'image' : plain;
}
