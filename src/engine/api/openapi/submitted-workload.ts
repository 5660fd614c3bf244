import {z} from 'zod';
import {localOnly} from '../../spec/workload-from-json.ts';
import {workloadSchema} from '../../spec/workload-schema.ts';

/** JSON Schema of a workload as the API takes it: that of files, without what only the command line reads. */
export function submittedWorkloadSchema(): Record<string, unknown> {
  const schema = workloadSchema.partial({apiVersion: true, kind: true});
  const {
    $schema: _,
    properties,
    ...rest
  } = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
  });
  const hidden: readonly string[] = localOnly;
  const shown = Object.entries(properties ?? {}).filter(([key]) => !hidden.includes(key));
  return {
    ...rest,
    properties: Object.fromEntries(shown),
    description: 'A workload as in a file (docs/reference/workload.md), without what only the command line reads.',
    examples: [{name: 'hello', image: 'docker.io/library/busybox:1.37', command: ['echo', 'hello']}],
  };
}
