import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {root} from '../commands/run-niyanta.ts';

const templates = readdirSync(join(root, 'templates')).map(file => `templates/${file}`);

test.each([...templates, 'examples/shop/niyanta.yaml', 'examples/shop/stack.yaml'])(
  '%s tells editors a schema that is there',
  file => {
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(join(root, file), 'utf8')) ?? [];
    expect(schema).toMatch(/\.json$/);
    expect(existsSync(join(root, dirname(file), schema!))).toBe(true);
  },
);
