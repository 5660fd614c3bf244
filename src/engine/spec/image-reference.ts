/** Parts of an image reference, after docker's rules (distribution/reference). */
export interface ImageReference {
  /** `docker.io`, `registry.example:5000`, `localhost`. */
  readonly registry: string;
  /** `library/postgres`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const REGISTRY =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The parts of a reference, or what is wrong with it. */
export function parseReference(written: string): ImageReference | {readonly wrong: string} {
  const [beforeDigest = '', digest, ...more] = written.split('@');
  if (more.length > 0) return {wrong: 'has more than one @'};
  if (digest !== undefined && !DIGEST.test(digest))
    return {wrong: 'has a digest that is not sha256: and 64 hex digits'};
  const slash = beforeDigest.lastIndexOf('/');
  const colon = beforeDigest.indexOf(':', slash + 1);
  const name = colon === -1 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon === -1 ? undefined : beforeDigest.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) return {wrong: `has a tag that is none: ${JSON.stringify(tag)}`};
  const first = name.split('/', 1)[0]!;
  const hasRegistry =
    name.includes('/') && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const registry = hasRegistry ? first : 'docker.io';
  const rest = hasRegistry ? name.slice(first.length + 1) : name;
  const host = registry === 'index.docker.io' ? 'docker.io' : registry;
  const repository = host === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  if (!REGISTRY.test(host)) return {wrong: `has a registry that is none: ${JSON.stringify(host)}`};
  if (rest === '') return {wrong: 'names no image'};
  if (rest !== rest.toLowerCase()) return {wrong: `must be in lower case: ${JSON.stringify(rest)}`};
  if (repository.length > 255 || !repository.split('/').every(part => COMPONENT.test(part))) {
    return {wrong: `has a name that is none: ${JSON.stringify(rest)}`};
  }
  const tagged = tag ?? (digest === undefined ? 'latest' : undefined);
  return {registry: host, repository, ...(tagged && {tag: tagged}), ...(digest && {digest})};
}

/** The reference in full: `postgres:15` → `docker.io/library/postgres:15`. */
export function formatReference({registry, repository, tag, digest}: ImageReference): string {
  return `${registry}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}
