import nodePath from 'node:path';
import {parseEnvFile} from './env-file.ts';
import {unreadable} from './files.ts';
import {formatReference, parseReference} from './image-reference.ts';
import type {Problems} from './problems.ts';
import {decodeText} from './read-yaml.ts';
import {compileScale} from './scale-schema.ts';
import {compileSecretFile} from './secret-file-schema.ts';
import {compileFiles} from './service-files.ts';
import type {ParsedService} from './service-schema.ts';
import type {ImageSource, Service, UpdatePolicy} from './stack.ts';
import {errorAt, type Path, placeAt, type Tree} from './tree.ts';
import {defaultSteps, judgeSchema} from './update-schema.ts';

export interface Compilation {
  readonly tree: Tree;
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly nameOf: (path: string) => string;
  readonly problems: Problems;
}

/** A checked service as the rest of niyanta reads it: paths absolute, env files read, references in full. */
export async function compileService(name: string, parsed: ParsedService, compilation: Compilation): Promise<Service> {
  const {image: _, archive: __, build: ___, envFile: ____, files: _____, secrets, ...kept} = parsed;
  const {env: ______, health, update, stop, scale, ...rest} = kept;
  const files = await compileFiles(name, parsed, compilation);
  return {
    name,
    ...rest,
    ...(scale && {replicas: scale.min, scale: compileScale(scale)}),
    image: imageSource(['services', name], parsed, compilation.tree),
    ...(files.length > 0 && {files}),
    env: await compileEnv(['services', name], parsed, compilation),
    ...(secrets.length > 0 && {secrets: secrets.map(secret => compileSecretFile(secret, rest.user))}),
    ...(health && {health: compileHealth(health)}),
    ...(health?.onUnhealthy && {onUnhealthy: health.onUnhealthy}),
    update: compileUpdate(update),
    stop: {signal: stop.signal, graceMs: stop.grace},
  };
}

const sorted = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A path as written, from the folder of the file that wrote it. */
export function absolute(tree: Tree, path: Path, written: string): string {
  return nodePath.resolve(placeAt(tree, path).source.directory, written);
}

/** Where an image comes from; `path` is what has it. */
export function imageSource(
  path: Path,
  {image, archive, build}: Pick<ParsedService, 'image' | 'archive' | 'build'>,
  tree: Tree,
): ImageSource {
  if (archive !== undefined) return {kind: 'archive', path: absolute(tree, [...path, 'archive'], archive)};
  if (build === undefined) {
    const reference = parseReference(image ?? '');
    return {kind: 'reference', reference: 'wrong' in reference ? '' : formatReference(reference)};
  }
  const parts = typeof build === 'string' ? {context: build, args: {}} : build;
  const at = typeof build === 'string' ? ['build'] : ['build', 'context'];
  const context = absolute(tree, [...path, ...at], parts.context);
  const file = nodePath.resolve(context, 'file' in parts && parts.file !== undefined ? parts.file : 'Dockerfile');
  const target = 'target' in parts ? parts.target : undefined;
  return {kind: 'build', context, file, args: parts.args, ...(target !== undefined && {target})};
}

/** What is as it always was is left out, so that stacks applied before stay the same. */
function compileUpdate({drain, steps, judge, promote, ...rest}: ParsedService['update']): UpdatePolicy {
  const {errorRate, p95, minRequests, required} = judge ?? judgeSchema.parse({});
  return {
    ...rest,
    ...(drain !== 30_000 && {drainMs: drain}),
    ...(promote === 'manual' && {promote}),
    ...(rest.strategy === 'canary' && {
      steps: (steps ?? defaultSteps).map(({weight, pause}) => ({weight, pauseMs: pause})),
      judge: {errorRate, ...(p95 && {p95}), minRequests, required},
    }),
  };
}

function compileHealth({
  http,
  tcp,
  exec,
  interval,
  timeout,
  retries,
  startPeriod,
}: NonNullable<ParsedService['health']>) {
  const check = http
    ? ({kind: 'http', ...http} as const)
    : tcp
      ? ({kind: 'tcp', ...tcp} as const)
      : ({kind: 'exec', command: exec!} as const);
  return {check, intervalMs: interval, timeoutMs: timeout, retries, startPeriodMs: startPeriod};
}

/** Variables of what stands at `path`: those of env over those of env files, sorted by name. */
export async function compileEnv(
  path: Path,
  {env, envFile}: Pick<ParsedService, 'env' | 'envFile'>,
  compilation: Compilation,
): Promise<Record<string, string>> {
  const written = envFile === undefined ? [] : typeof envFile === 'string' ? [envFile] : envFile;
  const all: Record<string, string> = {};
  for (const [index, file] of written.entries()) {
    const at = [...path, 'envFile', ...(typeof envFile === 'string' ? [] : [index])];
    Object.assign(all, await envOfFile(absolute(compilation.tree, at, file), at, compilation));
  }
  return sorted({...all, ...env});
}

async function envOfFile(file: string, path: Path, {tree, read, nameOf, problems}: Compilation) {
  const source = {name: nameOf(file), directory: nodePath.dirname(file)};
  const text = await problems.gather(async () => {
    const bytes = await read(file).catch((error: unknown) => {
      const message = `the env file ${source.name}: ${unreadable(error)}`;
      throw errorAt(placeAt(tree, path), path, {code: 'file-missing', message});
    });
    return decodeText(bytes, source.name);
  });
  return text === undefined ? {} : parseEnvFile(text, source, error => problems.add(error));
}
