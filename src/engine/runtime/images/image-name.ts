import {UserError} from '../../spec/errors.ts';

/** A reference taken apart. `full` is how containerd names the image. */
export interface ImageReference {
  /** `docker.io`, `registry.example:5000`. */
  readonly registry: string;
  /** `library/postgres`. */
  readonly repository: string;
  /** Absent only when there is a digest and no tag was written. */
  readonly tag?: string;
  /** `sha256:…`, when written. */
  readonly digest?: string;
  /** `docker.io/library/postgres:15`. */
  readonly full: string;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const digestPattern = /^sha256:[a-f0-9]{64}$/;
const registryPattern = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;

/**
 * Fills in what people leave out, by the rules of docker's reference grammar (distribution/reference): `postgres` is
 * `docker.io/library/postgres:latest`. Errors: UserError `invalid-image`.
 */
export function parseReference(reference: string): ImageReference {
  const invalid = (why: string): UserError =>
    new UserError({
      code: 'invalid-image',
      message: `image reference "${reference}": ${why}`,
      hint: 'Write it as [registry[:port]/]name[:tag][@sha256:…], in lower case, for example docker.io/library/postgres:15.',
    });
  const at = reference.indexOf('@');
  const digest = at === -1 ? undefined : reference.slice(at + 1);
  if (digest !== undefined && !digestPattern.test(digest)) throw invalid('the digest is not sha256: and 64 hex digits');
  const named = at === -1 ? reference : reference.slice(0, at);
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/') ? named.slice(colon + 1) : undefined;
  if (tagged !== undefined && !tagPattern.test(tagged)) throw invalid('the tag is not valid');
  const path = tagged === undefined ? named : named.slice(0, colon);
  const {registry, rest} = splitRegistry(path);
  if (!registryPattern.test(registry)) throw invalid('the registry is not a host name');
  const repository = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  if (!repositoryPattern.test(repository)) throw invalid('the name is not valid');
  const tag = tagged ?? (digest === undefined ? 'latest' : undefined);
  const full = `${registry}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
  return {registry, repository, tag, digest, full};
}

function splitRegistry(path: string): {registry: string; rest: string} {
  const slash = path.indexOf('/');
  const first = path.slice(0, slash);
  const isRegistry = slash !== -1 && (first.includes('.') || first.includes(':') || first === 'localhost');
  if (!isRegistry) return {registry: 'docker.io', rest: path};
  return {registry: first === 'index.docker.io' ? 'docker.io' : first, rest: path.slice(slash + 1)};
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
