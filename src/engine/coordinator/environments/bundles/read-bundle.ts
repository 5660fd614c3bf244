import {readFile} from 'node:fs/promises';
import nodePath from 'node:path';
import {z} from 'zod';
import {imageLabel} from '../../../image-label.ts';
import {builtInTemplates, files as disk, type OpenedStack, readFiles} from '../../../open-project.ts';
import {BUNDLE_HEAD, type BundleHead, bundleHead, wrongPath} from '../../../spec/bundle-schema.ts';
import {UserError} from '../../../spec/errors.ts';
import type {Files} from '../../../spec/index.ts';
import type {Project} from '../../../spec/project.ts';
import type {HostName, Service} from '../../../spec/stack.ts';
import {didYouMean} from '../../../spec/suggest.ts';
import {invalid} from './receive-bundle.ts';

export type ReadBundle = Omit<OpenedStack, 'hosts'>;

/**
 * The project and stack of a bundle that is laid out, read and checked as `niyanta validate` does, but within its folder:
 * no file, variable or program of this machine is looked at for it. Errors: UserError `bundle-invalid`,
 * `not-for-servers`, those of reading.
 */
export async function readBundle(folder: string): Promise<ReadBundle> {
  const head = await readHead(folder);
  const reading = confined(folder);
  const read = await readFiles({
    cwd: folder,
    project: folder,
    files: head.files.map(file => nodePath.join(folder, file)),
    environment: head.environment,
    params: head.params,
    env: {HOME: folder, ...head.env},
    envOfProject: emptyEnv(folder),
    reading,
    repository: async name => {
      throw notForServers(
        `templates of a repository (${name}) are not fetched by a coordinator`,
        'Copy the template into templates/ of the project.',
      );
    },
  });
  refuseSources(read);
  refusePathsOutside(read.project);
  return {
    ...read,
    stack: {...read.stack, services: read.stack.services.map(service => withArchive(service, read.project, head))},
  };
}

async function readHead(folder: string): Promise<BundleHead> {
  const text = await readFile(nodePath.join(folder, BUNDLE_HEAD), 'utf8').catch(() => undefined);
  if (text === undefined) throw invalid(`there is no ${BUNDLE_HEAD} in it`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(`${BUNDLE_HEAD} is no JSON: ${(error as Error).message}`);
  }
  const parsed = bundleHead.safeParse(json);
  if (!parsed.success) throw invalid(`${BUNDLE_HEAD}: ${z.prettifyError(parsed.error)}`);
  for (const path of [...parsed.data.files, ...Object.values(parsed.data.images)]) {
    const wrong = wrongPath(path);
    if (wrong !== undefined) throw invalid(`${BUNDLE_HEAD}: the path ${JSON.stringify(path)} ${wrong}`);
  }
  return parsed.data;
}

/** A bundle has no links, so that a path says where it leads. */
function confined(folder: string): Files {
  const allowed = (path: string): boolean => isWithin(folder, path) || isWithin(builtInTemplates, path);
  return {
    read: async path => {
      if (allowed(path)) return disk.read(path);
      throw Object.assign(new Error(`${path} is not in the bundle`), {code: 'ENOENT'});
    },
    list: async directory => (allowed(directory) ? disk.list(directory) : []),
  };
}

const isWithin = (folder: string, path: string): boolean => {
  const relative = nodePath.relative(folder, path);
  return relative === '' || !(relative.startsWith('..') || nodePath.isAbsolute(relative));
};

/** What niyanta.yaml takes from variables (addresses, passwords) is the coordinator's own business here. */
const emptyEnv = (home: string): Readonly<Record<string, string | undefined>> =>
  new Proxy({HOME: home} as Record<string, string | undefined>, {
    get: (target, name) => (typeof name === 'string' ? (target[name] ?? '') : undefined),
    getOwnPropertyDescriptor: (target, name) => ({
      value: typeof name === 'string' ? (target[name] ?? '') : undefined,
      configurable: true,
      enumerable: true,
    }),
  });

/** They would be programs that run here. */
function refuseSources({project, originOf}: ReadBundle): void {
  if (project.secrets.sources.length === 0) return;
  throw notForServers(
    `${originOf(['secrets', 'sources'])}: secrets.sources names programs, which a coordinator does not run for others`,
    "Write them into the coordinator's own niyanta.yaml: its sources are asked for every stack that it serves.",
  );
}

/** When it is sent: later on the coordinator's hosts may be others. Errors: UserError `unknown-host`. */
export function refuseOtherHosts({project, originOf}: ReadBundle, hosts: readonly HostName[]): void {
  const other = project.hosts.find(({name}) => !hosts.includes(name));
  if (!other) return;
  throw new UserError({
    code: 'unknown-host',
    message: `${originOf(['hosts', other.name])}: hosts.${other.name}: this coordinator has no host of that name${didYouMean(other.name, hosts)}`,
    hint: `Its hosts: ${hosts.join(', ') || 'none'}. A stack that is served runs on those; leave \`hosts\` out, or name them alike.`,
  });
}

/** Of niyanta.yaml; those of services are seen to below. */
function refusePathsOutside({directory, secrets, proxy: {source}}: Project): void {
  const paths = source.kind === 'archive' ? [secrets.file, source.path] : [secrets.file];
  const outside = paths.find(path => !isWithin(directory, path));
  if (outside !== undefined) throw invalid(`niyanta.yaml names ${outside}, which is not in its folder`);
}

/** What was built by who sent it is an archive here. */
function withArchive(service: Service, project: Project, head: BundleHead): Service {
  const {image} = service;
  if (image.kind === 'reference') return service;
  const sent = image.kind === 'build' ? head.images[imageLabel(service, project.directory)] : undefined;
  if (image.kind === 'build' && sent === undefined)
    throw notForServers(
      `services.${service.name}.build: a coordinator builds no images, and the bundle has no archive of this one`,
      'niyanta apply --server builds it first and sends it along.',
    );
  const path = sent === undefined ? (image as {readonly path: string}).path : nodePath.join(project.directory, sent);
  if (!isWithin(project.directory, path)) throw invalid(`services.${service.name}: ${path} is not in its folder`);
  return {...service, image: {kind: 'archive', path}};
}

const notForServers = (message: string, hint: string): UserError =>
  new UserError({code: 'not-for-servers', message, hint});
