import {z} from 'zod';
import {healthSchema} from './health-schema.ts';
import {env, image, imageBuild, localPath, user} from './image-source-schema.ts';
import {logsSchema} from './logs-schema.ts';
import {hostMount, publishedPort, volumeMount} from './mount-texts.ts';
import {labels, placementSchema} from './placement-schema.ts';
import {capabilitiesSchema, stopSchema} from './process-schema.ts';
import {cpuCount, memorySize} from './quantities.ts';
import {scaleSchema} from './scale-schema.ts';
import {secretFile} from './secret-file-schema.ts';
import {serviceFilesSchema} from './service-files.ts';
import {containerPath, text} from './texts.ts';
import {updateSchema} from './update-schema.ts';

/** One service of a stack, without `template` and `with`, which are replaced by the template's body before. */
export const serviceSchema = z.strictObject({
  image: image.optional().describe('Image by reference, for example postgres:15; pulled on the host.'),
  archive: localPath
    .optional()
    .describe('Image as an OCI or docker archive on this machine, relative to this file; sent to the hosts.'),
  build: imageBuild.optional().describe('Folder to build the image from, here; sent to the hosts.'),
  replicas: z.int().min(0).max(1000).default(1).describe('How many containers; 0 keeps the service without any.'),
  scale: scaleSchema
    .optional()
    .describe(
      'How many replicas by their load, in place of replicas: where niyanta serve has the environment; otherwise min of them.',
    ),
  needs: z
    .array(z.string())
    .default([])
    .describe('Services that must be healthy before this one starts, on whichever hosts they are.'),
  env: env.default({}).describe('Environment variables; values may hold ${secret:NAME}.'),
  envFile: z
    .union([localPath, z.array(localPath)])
    .optional()
    .describe('Files of NAME=value lines, relative to this file; env wins over them, later ones over earlier ones.'),
  entrypoint: z
    .array(text)
    .min(1)
    .optional()
    .describe("Program in place of the image's entrypoint, as a list; the image's own command is left out then."),
  secrets: z
    .array(secretFile)
    .default([])
    .describe('Secrets delivered as files: names, or {name, target, mode, user}; /run/secrets/NAME by default.'),
  command: z.array(text).min(1).optional().describe("Arguments in place of the image's own, as a list."),
  workdir: containerPath.optional().describe("Working directory in the container, in place of the image's own."),
  health: healthSchema.optional().describe('How to find out whether a replica is healthy.'),
  volumes: z.array(volumeMount).default([]).describe('Named volumes, as name:/path or name:/path:ro.'),
  files: serviceFilesSchema
    .default({})
    .describe('Files by their path in the container: small texts such as configurations, read-only there.'),
  mounts: z.array(hostMount).default([]).describe("The host's own files and folders, as /on/host:/in/container[:ro]."),
  ports: z.array(publishedPort).default([]).describe('Published ports, as [address:]host:container[/udp].'),
  user: user.optional().describe("User, or user:group, in place of the image's own."),
  readOnly: z.boolean().default(false).describe('The root file system cannot be written to.'),
  capabilities: capabilitiesSchema.prefault({}).describe('Linux capabilities.'),
  seccomp: z
    .enum(['default', 'unconfined'])
    .default('default')
    .describe("System call filter; default is containerd's."),
  noNewPrivileges: z.boolean().default(true).describe('setuid programs gain nothing.'),
  resources: z
    .strictObject({
      cpu: cpuCount.optional().describe('Cores that a replica may use at most, for example 0.5.'),
      memory: memorySize.optional().describe('Memory that a replica may use at most, for example 256Mi.'),
    })
    .prefault({})
    .describe('Limits of a replica; placement counts them as needed.'),
  restart: z
    .enum(['always', 'on-failure', 'never'])
    .default('always')
    .describe('When a container that ended is started again; on-failure needs containerd 1.7.'),
  update: updateSchema.prefault({}).describe('How replicas are replaced by new ones.'),
  placement: placementSchema.prefault({}).describe('Where replicas may, should and should not run.'),
  stop: stopSchema.prefault({}).describe('How a replica is stopped.'),
  logs: logsSchema
    .optional()
    .describe('How its log is turned over on its host; as the project says, else four files of 10Mi.'),
  network: z
    .strictObject({
      from: z
        .array(z.string())
        .optional()
        .describe('Services that may connect to this one; all of the environment when not said, none when empty.'),
      egress: z
        .enum(['any', 'none'])
        .default('any')
        .describe("none keeps it inside the environment's network: no Internet, no host, no DNS server."),
    })
    .optional()
    .describe('Who may reach it, and what it may reach. Published ports and routes stay reachable.'),
  labels: labels.default({}).describe('Labels of the containers, for people and other programs.'),
});

const templateName = z
  .string()
  .max(127)
  .regex(
    /^(?:[a-z](?:[a-z0-9-]*[a-z0-9])?\/)?[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
    'is not a name of a template: write NAME, or REPOSITORY/NAME with a repository of niyanta.yaml',
  );

/** What a service may have beside that, in a file. */
export const templateUse = {
  template: templateName
    .optional()
    .describe('Template that this service is made from, NAME or REPOSITORY/NAME; keys beside it win.'),
  with: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]))
    .optional()
    .describe("Values for the template's parameters."),
};

/** A service as it may be written in a file. */
export const writtenServiceSchema = serviceSchema
  .extend(templateUse)
  .describe('A service: a container spec and how many of it.');

export type ParsedService = z.output<typeof serviceSchema>;
