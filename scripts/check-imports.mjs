// Holds the sources against import-rules.mjs. (dependency-cruiser reads TypeScript through the compiler's API, which
// TypeScript 7 does not have: it would find no file, and so no violation.)
import {readdirSync, readFileSync} from 'node:fs';
import {builtinModules} from 'node:module';
import {join, normalize} from 'node:path';
import process from 'node:process';
import {parseSync} from 'oxc-parser';
import {forbidden} from './import-rules.mjs';
import {root} from './node24.mjs';

/** One line for each import that is not allowed, and for each cycle. */
export function importProblems() {
  const imports = readdirSync(join(root, 'src'), {recursive: true})
    .filter(name => name.endsWith('.ts'))
    .flatMap(name => importsOf(`src/${name}`, readFileSync(join(root, 'src', name), 'utf8')));
  if (imports.length === 0) return ['no import was found at all: the check itself is broken'];
  return problemsOf(imports);
}

/** The same for these imports. */
export function problemsOf(imports) {
  return forbidden.flatMap(rule => {
    if (rule.to.circular) return cycles(imports).map(path => `${rule.name}: ${path.join(' → ')}`);
    return imports.filter(found => forbids(rule, found)).map(({from, to}) => `${rule.name}: ${from} → ${to}`);
  });
}

/** Every import and re-export of a file: where to, whether types only, whether one of Node's own modules. */
export function importsOf(from, text) {
  const {module, program, errors} = parseSync(from, text);
  if (errors.length > 0) throw new Error(`${from}: ${errors[0].message}`);
  const statements = [
    ...module.staticImports.map(({moduleRequest, entries}) => ({moduleRequest, entries})),
    ...module.staticExports.flatMap(({entries}) =>
      entries.filter(({moduleRequest}) => moduleRequest).map(entry => ({...entry, entries: [entry]})),
    ),
  ].map(({moduleRequest, entries}) => ({
    to: moduleRequest.value,
    typeOnly: entries.length > 0 && entries.every(({isType}) => isType),
  }));
  return [...statements, ...inline(program)].map(({to, typeOnly}) => ({
    from,
    to: to.startsWith('.') ? normalize(join(from, '..', to)) : to,
    typeOnly,
    core: to.startsWith('node:') || builtinModules.includes(to),
  }));
}

/** `await import('…')`, and `import('…')` where a type stands. */
function inline(node) {
  if (node === null || typeof node !== 'object') return [];
  const typeOnly = node.type === 'TSImportType';
  const found = typeOnly || node.type === 'ImportExpression' ? [{to: node.source.value, typeOnly}] : [];
  return [...found.filter(({to}) => typeof to === 'string'), ...Object.values(node).flatMap(inline)];
}

function forbids({from, to}, found) {
  if (to.exceptTypes && found.typeOnly) return false;
  if (to.core && !found.core) return false;
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
