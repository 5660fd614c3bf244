import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {parseDocument} from 'yaml';

/** What the project found from `folder` upwards says under `lab:`; undefined without a project or without a lab. */
export function labOfProject(folder: string): string | undefined {
  const file = join(folder, 'niyanta.yaml');
  if (existsSync(file)) {
    // Read as far as it can be read: a mistake elsewhere in the file is no reason to leave its lab running.
    const lab = parseDocument(readFileSync(file, 'utf8')).getIn(['lab']);
    return typeof lab === 'string' ? lab : undefined;
  }
  const parent = dirname(folder);
  return parent === folder ? undefined : labOfProject(parent);
}
