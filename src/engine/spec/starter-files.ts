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

/** The text of a new stack.yaml. */
export function starterStack({name, template}: Starter): string {
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
    ...(template === undefined ? [] : templateService(template)),
    'environments:',
    '  staging: {services: {web: {replicas: 1}}}   # niyanta plan --env staging',
    '',
  ].join('\n');
}

function templateService(template: string): string[] {
  // The one that comes with niyanta needs a password; others say themselves what they need.
  const given =
    template === 'postgres' ? ['    with: {password: "${secret:db_password}"}   # niyanta secret set db_password'] : [];
  return [`  ${template}:`, `    template: ${template}`, ...given];
}

/** The text of .gitignore with the folder that must not be committed, once. */
export function withIgnored(text: string): string {
  if (/^\/?\.niyanta\/?$/m.test(text)) return text;
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}.niyanta/\n`;
}

const scalar = (text: string): string => stringify(text, {lineWidth: 0}).trimEnd();
