import {z} from 'zod';
import {dnsName} from './names.ts';
import {line} from './texts.ts';

/** A label's name: letters, digits, `.`, `_`, `-` and `/`. */
export const labelName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,126}[A-Za-z0-9])?$/,
    'is not a name of a label: letters, digits, ".", "_", "-" and "/"',
  );

/** Labels as people write them: values are text. */
export const labels = z.record(labelName, line.max(1024));

const match = labels.refine(value => Object.keys(value).length > 0, 'must name at least one label');

/** Where replicas may, should and should not run. */
export const placementSchema = z.strictObject({
  require: labels
    .default({})
    .describe('Labels that a host must have, every one; region and host (its name) count as labels.'),
  prefer: z
    .array(
      z.strictObject({
        match: match.describe('Labels of the hosts that are preferred.'),
        weight: z.int().min(-100).max(100).default(10).describe('How much it counts; below 0 keeps replicas away.'),
      }),
    )
    .default([])
    .describe('Labels of hosts to choose where there is a choice.'),
  avoid: z
    .array(z.strictObject({service: dnsName('a service').describe('Service not to share a host with.')}))
    .default([])
    .describe('Services whose hosts are avoided.'),
  spread: labelName.optional().describe('Label over whose values replicas are spread; host spreads them over hosts.'),
  allowMove: z
    .boolean()
    .default(false)
    .describe('A service with a volume may leave the host that has its data; the data stays behind.'),
});
