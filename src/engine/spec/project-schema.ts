import {z} from 'zod';
import {environmentRulesSchema} from './environment-rules-schema.ts';
import {imageRuleSchema} from './image-rule-schema.ts';
import {logsSchema} from './logs-schema.ts';
import {dnsName} from './names.ts';
import {labels} from './placement-schema.ts';
import {duration, portNumber} from './quantities.ts';
import {proxySchema} from './route-schema.ts';
import {secretsSchema} from './secrets-schema.ts';
import {serverSchema} from './server/server-schema.ts';
import {STATE_FORMS, STATE_SCHEMES} from './state-location.ts';
import {line} from './texts.ts';
import {maxUnreachableSchema} from './unreachable.ts';

/** A host of the project. Beside `lab`, one without an address adds to the lab's host of that name. */
export const hostSchema = z
  .strictObject({
    local: z.boolean().default(false).describe('This machine, without SSH.'),
    address: line
      .regex(
        /^[^\s@/-][^\s@/]*$/,
        'is not a name or address: no user, no port, no spaces (they have keys of their own)',
      )
      .optional()
      .describe('Name, IPv4 or IPv6 address, or a Host of ~/.ssh/config.'),
    networkAddress: z
      .ipv4('is not an IPv4 address')
      .optional()
      .describe(
        'Address of its own under which the other hosts reach it, for traffic between containers; by default `address` if that is one of its own, else the one of its default route.',
      ),
    port: portNumber.optional().describe('Port of sshd; 22 when nothing else says so.'),
    user: line
      .regex(/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/, 'is not a name of a user')
      .optional()
      .describe('User to log in as.'),
    identityFile: line.min(1).optional().describe('Private key; ~ is the home folder.'),
    hostKey: z
      .string()
      .regex(
        /^SHA256:[A-Za-z0-9+/]{43}=?$/,
        'is not a fingerprint of the form SHA256:… (43 characters), as niyanta host add writes it',
      )
      .optional()
      .describe("Fingerprint of the host's key; any other is refused."),
    sudo: z.boolean().default(false).describe('Become root with sudo, without a password.'),
    proxyJump: line.min(1).optional().describe('Host to go through, as ssh -J takes it.'),
    connectTimeout: duration('100ms', '10m').prefault('10s').describe('How long a connection may take.'),
    labels: labels.default({}).describe('Labels, for placement.'),
    region: line.optional().describe('Region, for placement.'),
    drain: z.boolean().default(false).describe('Nothing new is placed here; the next apply empties it.'),
    gpus: z
      .array(
        z.strictObject({
          device: z
            .string()
            .regex(/^\/dev\/[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/, 'is not a device: /dev/NAME')
            .describe('Device node on the host, for example /dev/nvidia0.'),
          kind: line.max(63).optional().describe('What it is, for example a100; workloads can require it as gpu-kind.'),
        }),
      )
      .max(64)
      .optional()
      .describe('Devices that one workload at a time gets; by default the NVIDIA ones that are found.'),
  })
  .superRefine((host, context) => {
    if (host.local && host.address !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['address'],
        message: 'a local host has no address: remove one of the two',
      });
    }
  })
  .describe('A Linux machine with containerd, reached by SSH, or this one.');

const registry = z.strictObject({
  username: line.optional().describe('User name.'),
  password: line.optional().describe('Password or token; write ${secret:NAME}.'),
  http: z.boolean().default(false).describe('Plain http, without encryption.'),
});

const COMMIT = /^[0-9a-f]{40}$/;

const repository = z
  .strictObject({
    git: line
      .regex(
        /^(?:https?:\/\/|ssh:\/\/|git:\/\/|file:\/\/)[^\s-]\S*$|^[A-Za-z0-9_][\w.-]*@[\w.-]+:[^\s]+$/,
        'is not the address of a git repository: https://…, ssh://…, user@host:path or file:///path',
      )
      .describe('Address of the repository.'),
    commit: line.describe('The commit, all 40 characters of it; it never moves by itself.'),
    path: line
      .refine(value => !value.startsWith('/') && !value.split('/').includes('..'), 'must be a folder in the repository')
      .default('templates')
      .describe('Folder of the templates in the repository; . is its top.'),
  })
  .superRefine(({git, commit}, context) => {
    if (COMMIT.test(commit)) return;
    const message = `is not a whole commit, which a branch or a tag would move away from: git ls-remote ${git} ${commit} prints it`;
    context.addIssue({code: 'custom', path: ['commit'], message});
  });

/** niyanta.yaml. */
export const projectSchema = z.strictObject({
  apiVersion: z.literal('niyanta/v1').describe('Version of this format.'),
  kind: z.literal('Project').describe('What this document is.'),
  name: dnsName('a project').describe('Name of the project.'),
  state: z
    .string()
    .regex(STATE_SCHEMES, STATE_FORMS)
    .default('file:niyanta.lock.json')
    .describe(
      'Where the state is kept: file:PATH, relative to this file; ssh://HOST/PATH on a host, for a team and CI; or postgres://HOST/DATABASE, its password as ${secret:NAME} or ${env:NAME}.',
    ),
  runtime: z.enum(['auto', 'ctr']).default('auto').describe('How containerd is driven on the hosts.'),
  lab: dnsName('a lab').optional().describe('Lab on this machine whose hosts belong to the project.'),
  hosts: z.record(dnsName('a host'), hostSchema).default({}).describe('Hosts by name.'),
  parallel: z
    .int()
    .min(1)
    .optional()
    .describe('How many hosts a change works on at once, the others waiting for their turn; all when not said.'),
  maxUnreachable: maxUnreachableSchema
    .optional()
    .describe(
      'How many hosts may be left out because they do not answer, before or during a change: a number, or a part such as 10%; none when not said. They are in quarantine until they are back.',
    ),
  registries: z
    .record(z.string().regex(/^[^\s/@]+$/, 'is not a registry: a host name, with :port where needed'), registry)
    .default({})
    .describe('How to reach registries, by name as in image references.'),
  logs: logsSchema.optional().describe('How logs are turned over on the hosts, of services that do not say it.'),
  images: imageRuleSchema.prefault({}).describe('Images on the hosts, and how long they stay.'),
  volumes: z
    .strictObject({
      keepAside: duration('0s', '3650d')
        .prefault('7d')
        .describe(
          'What a restore replaced and could not remove stays on its host for so long; then niyanta gc removes it.',
        ),
    })
    .prefault({})
    .describe('Data on the hosts.'),
  templates: z
    .record(dnsName('a repository of templates'), repository)
    .default({})
    .describe('Templates from git repositories, each pinned by a commit, used as template: NAME/TEMPLATE.'),
  secrets: secretsSchema,
  network: z
    .strictObject({
      pool: z
        .string()
        .superRefine((cidr, context) => {
          const wrong = wrongPool(cidr);
          if (wrong !== undefined) context.addIssue(wrong);
        })
        .default('10.89.0.0/16')
        .describe('IPv4 range; each environment gets a /24 of it on each host.'),
    })
    .prefault({})
    .describe('Network of the containers.'),
  proxy: proxySchema.prefault({}).describe('The proxies that serve the routes of stacks.'),
  environments: environmentRulesSchema
    .default({})
    .describe('Limits and life of environments, by name or by a pattern such as preview-*.'),
  server: serverSchema.optional().describe('Settings of niyanta serve; a file of its own may say them, too.'),
});

function wrongPool(cidr: string): string | undefined {
  if (!z.cidrv4().safeParse(cidr).success) return 'is not an IPv4 range such as 10.89.0.0/16';
  const [address = '', bits] = cidr.split('/');
  const prefix = Number(bits);
  if (prefix < 8 || prefix > 22) return 'must have from 8 to 22 bits of prefix, so that several /24 fit into it';
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return number % 2 ** (32 - prefix) === 0 ? undefined : `does not start at a border of a /${prefix}`;
}
