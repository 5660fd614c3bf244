import {z} from 'zod';

/** `images` of niyanta.yaml. */
export const imageRuleSchema = z.strictObject({
  keep: z
    .strictObject({
      releases: z
        .int()
        .min(1)
        .max(50)
        .default(3)
        .describe('So many of the newest releases of each environment keep their images on the hosts.'),
      days: z
        .int()
        .min(0)
        .max(3650)
        .default(30)
        .describe('Images that came to a host within so many days stay, whatever they are of.'),
      afterApply: z
        .boolean()
        .default(false)
        .describe('Remove what the rule does not keep after each apply that succeeded; else only niyanta gc does.'),
    })
    .prefault({})
    .describe('Which images stay on the hosts; those that containers have, always do.'),
});
