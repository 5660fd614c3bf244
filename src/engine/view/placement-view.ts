import type {PlacementOfService} from '../explain-placement.ts';
import type {Placed} from '../planner/plan.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {hanging} from './text-layout.ts';

/** `explain placement SERVICE`: for each replica every host, chosen or why not. */
export const placementView: View<PlacementOfService> = {text: placementText};

function placementText({service, hosts, placements}: PlacementOfService, look: Look): string {
  if (placements.length === 0) return `${printable(service)} has no replicas to place.`;
  return placements.map(placed => replicaLines(placed, hosts, look).join('\n')).join('\n\n');
}

function replicaLines(placed: Placed, hosts: readonly string[], {style, columns}: Look): string[] {
  const names = [...new Set([placed.host, ...hosts, ...placed.rejected.map(({host}) => host)])];
  const lines = names.flatMap(host => {
    const refused = placed.rejected.filter(each => each.host === host).map(({reason}) => reason);
    const name = printable(host);
    if (host === placed.host) return hanging(`  + ${name}: `, printable(placed.because), columns).map(style.green);
    if (refused.length > 0) return hanging(`  - ${name}: `, printable(refused.join('; ')), columns).map(style.red);
    return hanging(`    ${name}: `, 'possible, but not the best', columns).map(style.dim);
  });
  return [style.bold(printable(`${placed.service} ${placed.replica}`)), ...lines];
}
