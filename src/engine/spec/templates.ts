import {z} from 'zod';
import {checkShape} from './check-shape.ts';
import {withoutUnwanted} from './conditions.ts';
import {findTemplate, type Template, type TemplatePlaces} from './find-template.ts';
import {interpolate, type Surroundings} from './interpolate.ts';
import {mergeTrees} from './merge-trees.ts';
import type {Problems} from './problems.ts';
import {templateUse} from './service-schema.ts';
import {templateParams} from './template-params.ts';
import {errorAt, type MapTree, placeAt, type Tree, treeAt, without} from './tree.ts';

const templateUseSchema = z.strictObject(templateUse);

export interface ExpandedService {
  /** What the template makes, by name: the service, and those beside it. */
  readonly services: ReadonlyMap<string, MapTree>;
  /** Entries for the stack's `volumes`. */
  readonly volumes: Tree | undefined;
}

/**
 * A service made from its template, keys beside `template` winning, and the services that come with it, over which
 * what `others` (the stack's services) say of them wins. Undefined when that was not possible.
 */
export async function expandTemplate(
  service: MapTree,
  serviceName: string,
  others: MapTree,
  places: TemplatePlaces,
  around: Omit<Surroundings, 'params'>,
  problems: Problems,
): Promise<ExpandedService | undefined> {
  const path = ['services', serviceName];
  const use = pick(service, Object.keys(templateUse));
  const wrong = checkShape(templateUseSchema, use, path);
  if (!wrong.value?.template) {
    problems.add(...wrong.errors);
    return undefined;
  }
  const at = placeAt(service, ['template']);
  const template = await findTemplate(wrong.value.template, at, [...path, 'template'], places, problems);
  if (!template) return undefined;
  const params = await templateParams(template, service, serviceName, around, problems);
  if (!params) return undefined;
  const bodies = await filledIn(template, {...around, params}, problems);
  const own = without(service, ...Object.keys(templateUse));
  const services = new Map<string, MapTree>();
  for (const [name, body] of bodies.services) {
    const over = name === serviceName ? own : besideOf(name, serviceName, template, others, problems);
    services.set(name, over ? (mergeTrees(oneSource(body, over), over) as MapTree) : oneSource(body, body));
  }
  if (!services.has(serviceName)) services.set(serviceName, own);
  return {services, volumes: bodies.volumes && mountedOnly(bodies.volumes, [...services.values()])};
}

async function filledIn(template: Template, around: Surroundings, problems: Problems) {
  const fill = async (key: string): Promise<Tree | undefined> => {
    const part = treeAt(template.tree, [key]);
    const wanted = part && (await withoutUnwanted(part, [key], around, error => problems.add(error)));
    return wanted && interpolate(wanted, [key], around, error => problems.add(error));
  };
  const only = await fill('service');
  const several = await fill('services');
  const all = only
    ? [[String(around.params.get('service')), only] as const]
    : several?.kind === 'map'
      ? [...several.entries].map(([name, {value}]) => [name, value] as const)
      : [];
  const services = all.flatMap(([name, body]) => (body.kind === 'map' ? [[name, body] as const] : []));
  return {services, volumes: await fill('volumes')};
}

/** What the stack says of a service that comes with another's template: details of it, but not another service. */
function besideOf(
  name: string,
  main: string,
  template: Template,
  others: MapTree,
  problems: Problems,
): MapTree | undefined {
  const over = others.entries.get(name)?.value;
  if (over?.kind !== 'map') return undefined;
  const clash = ['template', ...SOURCES].find(key => over.entries.has(key));
  if (clash) {
    const path = ['services', name, clash];
    const message = `makes this another service than the one of this name that the template ${template.name} of ${main} makes`;
    const hint = 'Rename one of them; other keys here would change details of the one that the template makes.';
    problems.add(errorAt(placeAt(over, [clash]), path, {code: 'conflict', message, hint}));
  }
  return over;
}

const SOURCES = ['build', 'archive', 'image'];

/** An image has one source: what the service says beside its template, else build before archive before image. */
function oneSource(body: MapTree, own: MapTree): MapTree {
  const chosen = SOURCES.find(key => own.entries.has(key)) ?? SOURCES.find(key => body.entries.has(key));
  return without(body, ...SOURCES.filter(key => key !== chosen));
}

/** Without volumes that belong to what was left out. */
function mountedOnly(volumes: Tree, services: readonly MapTree[]): Tree {
  if (volumes.kind !== 'map') return volumes;
  const mounted = services.flatMap(service => {
    const list = treeAt(service, ['volumes']);
    return list?.kind === 'list'
      ? list.items.map(item => (item.kind === 'scalar' ? item.text.split(':')[0]! : ''))
      : [];
  });
  return without(volumes, ...[...volumes.entries.keys()].filter(name => !mounted.includes(name)));
}

const pick = (tree: MapTree, keys: readonly string[]): MapTree =>
  without(tree, ...[...tree.entries.keys()].filter(key => !keys.includes(key)));
