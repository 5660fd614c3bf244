// The import rule of .dependency-cruiser.mjs, checked on the sources. dependency-cruiser itself reads TypeScript through the
// compiler's API, which TypeScript 7 does not have yet: it would find no file, and so no violation.
import {readdirSync, readFileSync} from 'node:fs';
import {builtinModules} from 'node:module';
import {join, normalize} from 'node:path';
import process from 'node:process';
import rules from '../.dependency-cruiser.mjs';
import {root} from './node24.mjs';

/** One line for each import that is not allowed, and for each cycle. */
export function importProblems() {
  const imports = readdirSync(join(root, 'src'), {recursive: true})
    .filter(name => name.endsWith('.ts'))
    .flatMap(name => importsOf(`src/${name}`));
  if (imports.length === 0) return ['no import was found at all: the check itself is broken'];
  return rules.forbidden.flatMap(rule => {
    if (rule.to.circular) return cycles(imports).map(path => `${rule.name}: ${path.join(' → ')}`);
    return imports.filter(found => forbids(rule, found)).map(({from, to}) => `${rule.name}: ${from} → ${to}`);
  });
}

/** Every import and re-export of a file: where to, whether types only, whether one of Node's own modules. */
function importsOf(from) {
  const text = readFileSync(join(root, from), 'utf8');
  const statements = [...text.matchAll(/^(?:import|export)\s+(?:([^'"`;]*?)\s*from\s*)?'([^']+)'/gm)].map(
    ([, names, to]) => ({
      to,
      typeOnly: names !== undefined && isTypeOnly(names),
    }),
  );
  const inline = [...text.matchAll(/(typeof\s+)?\bimport\('([^']+)'\)/g)].map(([, type, to]) => ({
    to,
    typeOnly: type !== undefined,
  }));
  return [...statements, ...inline].map(({to, typeOnly}) => ({
    from,
    to: to.startsWith('.') ? normalize(join(from, '..', to)) : to,
    typeOnly,
    core: to.startsWith('node:') || builtinModules.includes(to),
  }));
}

function isTypeOnly(names) {
  if (/^type\s/.test(names)) return true;
  const inBraces = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  const each =
    inBraces
      ?.split(',')
      .map(name => name.trim())
      .filter(Boolean) ?? [];
  return each.length > 0 && each.every(name => name.startsWith('type '));
}

function forbids({from, to}, found) {
  if (to.dependencyTypesNot?.includes('type-only') && found.typeOnly) return false;
  if (to.dependencyTypes?.includes('core') && !found.core) return false;
  return matches(from.path, found.from) && matches(to.path, found.to) && !(to.pathNot && matches(to.pathNot, found.to));
}

const matches = (patterns, path) => [patterns].flat().some(pattern => new RegExp(pattern).test(path));

/** Rings of imports that are there at run time, each told once. */
function cycles(imports) {
  const next = Map.groupBy(
    imports.filter(({typeOnly, core}) => !typeOnly && !core),
    ({from}) => from,
  );
  const done = new Set();
  const found = [];
  const visit = (file, path) => {
    if (path.includes(file)) return void found.push([...path.slice(path.indexOf(file)), file]);
    if (done.has(file)) return;
    for (const {to} of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

if (process.argv[1]?.endsWith('check-imports.mjs')) {
  const problems = importProblems();
  for (const line of problems) console.log(line);
  process.exit(problems.length === 0 ? 0 : 1);
}
