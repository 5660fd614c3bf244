import {z} from 'zod';
import {env, image, imageBuild, localPath, user} from './image-source-schema.ts';
import {hostMount, publishedPort} from './mount-texts.ts';
import {dnsName} from './names.ts';
import {paramsSchema} from './param-schema.ts';
import {capabilitiesSchema, stopSchema} from './process-schema.ts';
import {duration} from './quantities.ts';
import {containerPath, line, text, wrongPath} from './texts.ts';
import {
  afterSchema,
  checkpointSchema,
  concurrencySchema,
  retriesSchema,
  scheduleSchema,
  workloadLabels,
  workloadPlacementSchema,
  workloadResourcesSchema,
} from './workload-rules-schema.ts';

/** `./data.csv:/in/data.csv`: a file of this machine, and where it goes. */
const inputFile = z.string().transform((written, context) => {
  const colon = written.lastIndexOf(':');
  const [source, target] = [written.slice(0, Math.max(colon, 0)), written.slice(colon + 1)];
  const wrong = target === '/' ? 'must not be / itself' : wrongPath(target);
  if (colon < 1) context.addIssue('is not of the form ./file/here:/path/in/container');
  else if (wrong !== undefined) context.addIssue(`the container's path ${wrong}`);
  else if (!line.safeParse(source).success) context.addIssue('must be one line without control characters');
  return {source, target: target.replace(/\/+/g, '/')};
});

/** What runs in a container; of the type `container`. */
const job = {
  image: image.optional().describe('Image by reference, for example python:3.13; pulled on the host.'),
  archive: localPath
    .optional()
    .describe('Image as an OCI or docker archive on this machine, relative to this file; sent along.'),
  build: imageBuild.optional().describe('Folder to build the image from, here; sent along.'),
  entrypoint: z
    .array(text)
    .min(1)
    .optional()
    .describe("Program in place of the image's entrypoint, as a list; the image's own command is left out then."),
  command: z.array(text).min(1).optional().describe("Arguments in place of the image's own, as a list."),
  workdir: containerPath.optional().describe("Working directory in the container, in place of the image's own."),
  user: user.optional().describe("User, or user:group, in place of the image's own."),
  env: env.default({}).describe('Environment variables; values may hold ${secret:NAME}.'),
  envFile: z
    .union([localPath, z.array(localPath)])
    .optional()
    .describe('Files of NAME=value lines, relative to this file; env wins over them, later ones over earlier ones.'),
  mounts: z.array(hostMount).default([]).describe("The host's own files and folders, as /on/host:/in/container[:ro]."),
  ports: z.array(publishedPort).default([]).describe('Published ports, as [address:]host:container[/udp].'),
  readOnly: z.boolean().default(false).describe('The root file system cannot be written to.'),
  capabilities: capabilitiesSchema.prefault({}).describe('Linux capabilities.'),
  stop: stopSchema.prefault({}).describe('How it is stopped.'),
};

/** Keys that say what runs in a container. */
export const jobKeys = Object.keys(job) as (keyof typeof job)[];

/** A workload after its parameters. */
export const workloadSchema = z.strictObject({
  apiVersion: z.literal('niyanta/v1').describe('Version of this format.'),
  kind: z.literal('Workload').describe('What this document is.'),
  name: dnsName('a workload').describe('Name of the workload.'),
  version: line
    .min(1, 'must not be empty')
    .max(63)
    .optional()
    .describe('To tell versions of one workload apart, and to let two of them run side by side.'),
  type: line
    .min(1, 'must not be empty')
    .max(63)
    .default('container')
    .describe('Who runs it: container, or another type that the coordinator knows.'),
  ...job,
  with: z.record(z.string(), z.unknown()).default({}).describe('What other types than container are given.'),
  labels: workloadLabels.default({}).describe('Labels of the workload, to find it by.'),
  resources: workloadResourcesSchema.prefault({}).describe('What is reserved for it on its host.'),
  priority: z.int().min(0).max(100).default(50).describe('More is sooner.'),
  preemptible: z
    .boolean()
    .default(false)
    .describe('It may be stopped for one that matters more, and goes on later from its last checkpoint.'),
  placement: workloadPlacementSchema.prefault({}).describe('Where it may, should and should not run.'),
  retries: retriesSchema.prefault({}).describe('What becomes of it when an attempt fails.'),
  timeout: duration('100ms', '365d').optional().describe('How long one attempt may run; no limit when not given.'),
  checkpoint: checkpointSchema.optional().describe('When and how it is told to write a checkpoint.'),
  schedule: scheduleSchema.optional().describe('At which times it is submitted; once, now, when not given.'),
  after: z.array(afterSchema).max(100).default([]).describe('What has to end before it starts.'),
  concurrency: concurrencySchema.optional().describe('How many workloads with the same key run at once.'),
  onLost: z
    .enum(['reschedule', 'wait'])
    .default('reschedule')
    .describe("Whether its host's loss starts it elsewhere, or waits for the host."),
  inputs: z
    .strictObject({
      files: z
        .array(inputFile)
        .max(100)
        .default([])
        .describe('Files of this machine that it gets, as ./here:/in/container; relative to this file.'),
    })
    .prefault({})
    .describe('What goes in.'),
  outputs: z
    .strictObject({
      files: z.array(containerPath).max(100).default([]).describe('Files that are kept when it has ended.'),
      result: containerPath.optional().describe("JSON file whose value is the workload's result."),
    })
    .prefault({})
    .describe('What comes out.'),
});

/** A workload as it may be written in a file: the published schema. */
export const writtenWorkloadSchema = workloadSchema.extend({
  params: paramsSchema.optional().describe('Parameters, used as ${name}, given by --param or NIYANTA_PARAM_<NAME>.'),
});

export type ParsedWorkload = z.output<typeof workloadSchema>;
