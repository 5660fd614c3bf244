import {readdir, readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import nodePath from 'node:path';
import {findProject} from './find-project.ts';
// Not by the room's index: what brings labs up is not needed to know their hosts.
import {labHosts} from './lab/lab.ts';
import {readLab} from './lab/lab-files.ts';
import {UserError} from './spec/errors.ts';
import type {TemplatePlaces} from './spec/find-template.ts';
import {
  environmentNames,
  type Files,
  type Input,
  loadProject,
  loadStack,
  type ServicePlaces,
  unreadable,
} from './spec/index.ts';
import type {MadeEnvironment} from './spec/made-environment.ts';
import type {Host, Project} from './spec/project.ts';
import type {EnvironmentName, Stack} from './spec/stack.ts';
import {placeAt, type Tree, treeAt} from './spec/tree.ts';

/** What every command knows before it begins. */
export interface ProjectLocation {
  readonly cwd: string;
  /** process.env. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** niyanta.yaml or its folder; looked for upwards when absent. */
  readonly project?: string;
  /** Where the state is, in place of what niyanta.yaml says. */
  readonly state?: string;
  /** How files are read, when not simply from the disk: those of somebody else, or with their names taken down. */
  readonly reading?: Files;
  /** Where templates of a repository are, when not fetched from there. */
  readonly repository?: (name: string) => Promise<string>;
  /** In place of `env` for niyanta.yaml. */
  readonly envOfProject?: ProjectLocation['env'];
}

export interface StackChoice extends ProjectLocation {
  /** Stack files, `-` for standard input; stack.yaml beside niyanta.yaml when absent or empty. */
  readonly files?: readonly string[];
  /** `default` when absent. */
  readonly environment?: EnvironmentName;
  readonly params?: Readonly<Record<string, string>>;
  /** Text of standard input, for `-`. */
  readonly stdin?: () => Promise<string | Uint8Array>;
  /** Asks the state about an environment that the files do not declare. */
  readonly made?: (name: EnvironmentName, project: Project) => Promise<MadeEnvironment | undefined>;
}

export interface OpenedProject {
  readonly project: Project;
  /** The project's own hosts and those of its lab. */
  readonly hosts: readonly Host[];
  /** Where a setting of niyanta.yaml was written, as `file:line:column`; `default` when it was not. */
  readonly originOf: (path: readonly (string | number)[]) => string;
  /** Section `server` of niyanta.yaml. */
  readonly serverSection?: Tree;
}

export interface OpenedStack extends OpenedProject {
  readonly stack: Stack;
  readonly places: ServicePlaces;
  readonly environment: EnvironmentName;
  /** Absolute paths of the stack's files, `-` for standard input. */
  readonly stackFiles: readonly string[];
}

/** The project alone, for commands that need no stack. Errors: UserError, UserErrors. */
export async function openProjectOnly(at: ProjectLocation): Promise<OpenedProject> {
  const read = await readProject(at);
  return {...read, hosts: allHosts(read.project)};
}

/** The project, or undefined where there is none, for commands that need none. Errors: UserErrors when it is wrong. */
export async function projectIfAny(at: ProjectLocation): Promise<Project | undefined> {
  try {
    return (await readProject(at)).project;
  } catch (error) {
    if (error instanceof UserError && error.code === 'project-not-found' && at.project === undefined) return undefined;
    throw error;
  }
}

/** niyanta.yaml alone; hosts of a lab are not looked up. Errors: UserError, UserErrors. */
export async function readProject(at: ProjectLocation): Promise<Omit<OpenedProject, 'hosts'>> {
  const file = await findProject(at.cwd, at.project);
  const request = {
    input: await fileInput(file, at),
    file,
    env: at.envOfProject ?? at.env,
    home: at.env.HOME ?? homedir(),
    ...(at.state === undefined ? {} : {state: at.state}),
    readText: (path: string) => textOf(at.reading ?? files, path),
  };
  const {project, tree} = await loadProject(request);
  const serverSection = treeAt(tree, ['server']);
  return {project, originOf: path => originOf(tree, path), ...(serverSection && {serverSection})};
}

/** The project and the chosen stack. Errors: UserError, UserErrors with everything that is wrong in the stack. */
export async function openProject(choice: StackChoice): Promise<OpenedStack> {
  const read = await readFiles(choice);
  return {...read, hosts: allHosts(read.project)};
}

/** The project's limits of logs hold where a service says nothing. */
function withLogLimits(stack: Stack, {logs}: Project): Stack {
  return logs ? {...stack, services: stack.services.map(service => ({logs, ...service}))} : stack;
}

/** The same without its hosts: files may be checked before their lab is up. */
export async function readFiles(choice: StackChoice): Promise<Omit<OpenedStack, 'hosts'>> {
  const opened = await readProject(choice);
  const environment = choice.environment ?? 'default';
  const {inputs, paths} = await stackInputs(choice, opened.project);
  const declared = environment === 'default' || environmentNames(inputs).includes(environment);
  const made = declared ? undefined : await choice.made?.(environment, opened.project);
  const {stack, places} = await loadStack({
    inputs,
    environment,
    ...(made && {made}),
    params: choice.params ?? {},
    env: choice.env,
    templates: templatePlaces(opened.project, choice),
  });
  return {...opened, stack: withLogLimits(stack, opened.project), places, environment, stackFiles: paths};
}

/** Environments that the stack's files declare, beside `default`. */
export async function declaredEnvironments(choice: StackChoice): Promise<string[]> {
  const {project} = await readProject(choice);
  return environmentNames((await stackInputs(choice, project)).inputs);
}

/** Where the project's stacks find templates; those of a repository are fetched when one is asked for. */
export function templatePlaces(
  {directory, templates}: Pick<Project, 'directory' | 'templates'>,
  {cwd, env, reading, repository}: ProjectLocation,
): TemplatePlaces {
  return {
    directories: [nodePath.join(directory, 'templates'), builtInTemplates],
    files: reading ?? files,
    nameOf: path => displayName(path, cwd),
    repositories: Object.keys(templates),
    fetch: async name => {
      if (repository) return repository(name);
      const {templateRepository} = await import('./template-repository.ts');
      return templateRepository(name, templates[name]!, env);
    },
  };
}

/** Templates that come with niyanta; the same place from src/ and from dist/. */
export const builtInTemplates = nodePath.resolve(import.meta.dirname, '../../templates');

/** The disk. */
export const files: Files = {
  read: path => readFile(path),
  list: directory => readdir(directory).catch(() => []),
};

const textOf = (reading: Files, path: string): Promise<string | undefined> =>
  reading.read(path).then(
    bytes => Buffer.from(bytes).toString(),
    () => undefined,
  );

async function stackInputs(choice: StackChoice, project: Project): Promise<{inputs: Input[]; paths: string[]}> {
  const files = choice.files?.length ? choice.files : [nodePath.join(project.directory, 'stack.yaml')];
  return readInputs(files, choice);
}

/** Files that were named, and standard input for `-`. Errors: UserError `stdin-twice`, `file-unreadable`. */
export async function readInputs(
  files: readonly string[],
  {cwd, stdin, reading}: Pick<StackChoice, 'cwd' | 'stdin' | 'reading'>,
): Promise<{inputs: Input[]; paths: string[]}> {
  const paths = files.map(file => (file === '-' ? '-' : nodePath.resolve(cwd, file)));
  if (paths.indexOf('-') !== paths.lastIndexOf('-')) {
    throw new UserError({code: 'stdin-twice', message: '-f - is given twice; standard input can be read once'});
  }
  const inputs: Input[] = [];
  for (const path of paths)
    inputs.push(path === '-' ? await stdinInput({cwd, stdin}) : await fileInput(path, {cwd, reading}));
  return {inputs, paths};
}

async function stdinInput({cwd, stdin}: Pick<StackChoice, 'cwd' | 'stdin'>): Promise<Input> {
  const text = (await stdin?.()) ?? '';
  return {source: {name: '<stdin>', directory: cwd}, bytes: Buffer.from(text as string)};
}

async function fileInput(path: string, {cwd, reading = files}: Pick<StackChoice, 'cwd' | 'reading'>): Promise<Input> {
  const name = displayName(path, cwd);
  try {
    return {source: {name, directory: nodePath.dirname(path)}, bytes: await reading.read(path)};
  } catch (cause) {
    throw new UserError({
      code: 'file-unreadable',
      message: `${name}: ${unreadable(cause)}`,
      hint: nodePath.basename(path) === 'stack.yaml' ? 'niyanta init writes one; -f names another file.' : undefined,
      cause,
    });
  }
}

/** Relative to the working directory where that is not longer. */
export function displayName(path: string, cwd: string): string {
  const relative = nodePath.relative(cwd, path);
  return relative === '' || relative.startsWith('../../..') ? path : relative;
}

/** Those of niyanta.yaml and of its lab. Errors: UserError `lab-not-found`, `host-without-address`. */
export function allHosts(project: Project): Host[] {
  if (project.lab === undefined) return [...project.hosts];
  const lab = readLab(project.lab);
  if (lab === undefined) {
    throw new UserError({
      code: 'lab-not-found',
      message: `niyanta.yaml says lab: ${project.lab}, but there is no such lab on this machine`,
      hint: `niyanta lab up --name ${project.lab}`,
    });
  }
  const fromLab = labHosts(lab);
  const own = new Map(project.hosts.map(host => [host.name, host]));
  const added = project.hosts.filter(host => host.local || host.address !== undefined);
  const unknown = project.hosts.find(host => !added.includes(host) && !fromLab.some(({name}) => name === host.name));
  if (unknown) {
    throw new UserError({
      code: 'host-without-address',
      message: `the host ${unknown.name} has no address, and the lab ${project.lab} has no host of that name`,
      hint: `Give it an address, or choose one of ${fromLab.map(host => host.name).join(', ')}.`,
    });
  }
  const rest = fromLab.filter(({name}) => !added.some(host => host.name === name));
  return [...rest.map(host => withOwn(host, own.get(host.name))), ...added];
}

/** A lab's host with what niyanta.yaml says of it: what is written counts, be it how to reach it or where it stands. */
function withOwn(host: Host, own: Host | undefined): Host {
  if (own === undefined) return host;
  const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) as Host;
  return {...host, ...said, labels: {...host.labels, ...own.labels}};
}

function originOf(tree: Tree, path: readonly (string | number)[]): string {
  let here: Tree | undefined = tree;
  for (const part of path) here = here?.kind === 'map' ? here.entries.get(String(part))?.value : undefined;
  if (here === undefined) return 'default';
  const {source, line, column} = placeAt(tree, path);
  return `${source.name}:${line}:${column}`;
}
