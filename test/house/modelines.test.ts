import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {root} from '../commands/run-niyanta.ts';

test.each(['templates/postgres.yaml', 'examples/shop/niyanta.yaml', 'examples/shop/stack.yaml'])(
  '%s tells editors a schema that is there',
  file => {
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(join(root, file), 'utf8')) ?? [];
    expect(schema).toMatch(/\.json$/);
    expect(existsSync(join(root, dirname(file), schema!))).toBe(true);
  },
);
