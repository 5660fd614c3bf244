// Holds deploy/kubernetes against the schemas that Kubernetes publishes (as kubernetes-validate on PyPI carries them):
// no unknown keys, nothing missing.
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import process from 'node:process';
import {root} from './node24.mjs';
import {pipTool} from './pip-tool.mjs';
import {problemOf} from './toolchain.mjs';

const kubernetes = '1.37';
const folder = join(root, 'deploy', 'kubernetes');
/** What kustomize and niyanta read, and not Kubernetes. */
const others = ['kustomization.yaml', 'project.yaml'];

const tool = await pipTool('kubernetes-validate', `${kubernetes}.0`);
if (tool.lacking !== undefined) {
  process.stdout.write(`note: the schemas of Kubernetes cannot be had here, NOT validated: ${tool.lacking}\n`);
  process.exit(0);
}
const files = readdirSync(folder).filter(name => name.endsWith('.yaml') && !others.includes(name));
const words = ['-m', 'kubernetes_validate', '--strict', '-k', kubernetes, ...files.map(name => join(folder, name))];
const problems = await problemOf('python3', words, {env: {PYTHONPATH: tool.folder, PYTHONDONTWRITEBYTECODE: '1'}});
process.stdout.write(problems.map(text => `${text}\n`).join(''));
process.exit(problems.length === 0 ? 0 : 1);
