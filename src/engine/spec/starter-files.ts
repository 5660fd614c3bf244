import {stringify} from 'yaml';

/** What `init` asks for. */
export interface Starter {
  readonly name: string;
  readonly hosts: readonly {readonly name: string; readonly address: string}[];
  readonly lab?: string;
  /** A service made from this template stands beside the web server. */
  readonly template?: string;
}

/** Folder of the schemas that editors read, beside niyanta.yaml; not committed. */
export const SCHEMA_FOLDER = '.niyanta/schema';

const modeline = (kind: string): string => `# yaml-language-server: $schema=${SCHEMA_FOLDER}/${kind}.json`;

/** The text of a new niyanta.yaml. */
export function starterProject({name, hosts, lab}: Starter): string {
  const written = hosts.map(host => `  ${host.name}: {address: ${scalar(host.address)}}`);
  return [
    modeline('project'),
    '# The project: where things run. Every field: niyanta explain project',
    'apiVersion: niyanta/v1',
    'kind: Project',
    `name: ${name}`,
    ...(lab === undefined ? [] : ['# Hosts of this lab on this machine: niyanta lab up', `lab: ${lab}`]),
    '# Added with their keys by: niyanta host add NAME ADDRESS',
    ...(written.length > 0 ? ['hosts:', ...written] : ['hosts: {}']),
    '# Where the state is kept; safe to commit.',
    'state: file:niyanta.lock.json',
    '',
  ].join('\n');
}

/** The text of a new stack.yaml; `use` are the lines of the service that is made from the template. */
export function starterStack({name, template}: Starter, use: readonly string[] = []): string {
  return [
    modeline('stack'),
    '# The stack: what runs. Every field: niyanta explain services',
    'apiVersion: niyanta/v1',
    'kind: Stack',
    `name: ${name}`,
    'params:',
    '  tag: {type: string, default: alpine, description: tag of the web image}',
    'services:',
    '  web:',
    '    image: nginx:${tag}             # or build: ./web, or archive: ./web.tar',
    '    replicas: 1',
    ...(template === undefined ? [] : [`    needs: [${template}]`]),
    '    ports: ["8080:80"]              # port of the host first',
    '    health: {http: {port: 80}}      # or tcp: {port: 80}, or exec: [command]',
    '    resources: {cpu: 0.5, memory: 128Mi}',
    ...use,
    'environments:',
    '  staging: {services: {web: {replicas: 1}}}   # niyanta plan --env staging',
    '',
  ].join('\n');
}

/** The text of a new template. */
export const starterTemplate = (name: string): string =>
  `# yaml-language-server: $schema=../${SCHEMA_FOLDER}/template.json
# Used as: services: {NAME: {template: ${name}, with: {…}}}. Every field: niyanta explain template
apiVersion: niyanta/v1
kind: Template
name: ${name}
description: what it makes, in one line
params:
  image: {type: string, default: "docker.io/library/nginx:stable", description: image of the service}
  port: {type: integer, default: 80, min: 1, max: 65535, description: port that it listens on}
  ports: {type: list, default: [], description: "published ports, as 8080:80"}
  replicas: {type: integer, default: 1, min: 0, description: how many containers}
  memory: {type: size, default: 128Mi, min: 6Mi, description: limit of memory}
# Several services in place of one: services: {"\${service}": {…}, "\${service}-worker": {when: "\${worker}", …}}
service:
  image: \${image}
  replicas: \${replicas}
  ports: \${ports}
  health: {tcp: {port: "\${port}"}}
  resources: {memory: "\${memory}"}
`;

/** The text of .gitignore with the folder that must not be committed, once. */
export function withIgnored(text: string): string {
  if (/^\/?\.niyanta\/?$/m.test(text)) return text;
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}.niyanta/\n`;
}

const scalar = (text: string): string => stringify(text, {lineWidth: 0}).trimEnd();
