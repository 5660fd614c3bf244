import {z} from 'zod';

/** RFC 9457, `application/problem+json`: the one shape of every error. */
export const problem = z
  .object({
    type: z.string().describe('`about:blank` where the code says it all; never to be fetched.'),
    title: z.string().describe('The status in words.'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What is wrong, for people.'),
    code: z.string().describe('Stable, kebab-case, for programs.'),
    hint: z.string().optional().describe('What to do next.'),
    requestId: z.string().describe('As in X-Request-Id and the logs.'),
    errors: z
      .array(
        z.object({
          detail: z.string(),
          code: z.string(),
          pointer: z.string().optional().describe('JSON Pointer (RFC 6901) into the body, as a URI fragment.'),
          parameter: z.string().optional().describe('Name of the parameter of the path, query or headers.'),
        }),
      )
      .optional()
      .describe('Everything that is wrong with the request.'),
  })
  .meta({
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'the request is not valid: #/workload/priority must be at most 100, is 1000',
        code: 'invalid-request',
        requestId: '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
        errors: [{detail: 'must be at most 100, is 1000', code: 'invalid-value', pointer: '#/workload/priority'}],
      },
    ],
  });
