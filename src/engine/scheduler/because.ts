import type {Asking} from './filters.ts';
import {type Scored, spreadLabel} from './scores.ts';

/** Why a replica goes to this host, the strongest reason first: `has volume db-data`. */
export function because(chosen: Scored, candidates: readonly Scored[], asking: Asking): string {
  const {service, replica} = asking;
  const warning =
    chosen.score.avoided.length > 0 ? `, beside ${chosen.score.avoided.join(', ')} for want of another` : '';
  const stays = replica.present?.host === chosen.host.name;
  const kept = service.volumes.filter(volume => chosen.host.volumes.includes(volume)).sort();
  const start = stays ? 'runs here, ' : '';
  if (kept.length > 0 && !service.rules.allowMove) return `${start}has volume ${kept.join(', ')}${warning}`;
  if (stays) return `runs here already${warning}`;
  if (replica.last === chosen.host.name) return `ran here before${warning}`;
  if (candidates.length === 1) return `the only host that fits${warning}`;
  if (chosen.score.preferred.length > 0) return `prefers ${chosen.score.preferred.join('; ')}${warning}`;
  return `spread over ${spreadLabel(service)}${warning}`;
}
