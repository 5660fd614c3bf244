import type {Asking} from './filters.ts';
import {type Scored, spreadLabel} from './scores.ts';

/** Why a replica goes to this host, the strongest reason first: `beside db, which it needs`. */
export function because(chosen: Scored, candidates: readonly Scored[], asking: Asking): string {
  const {service, replica, peopled} = asking;
  const warning =
    chosen.score.avoided.length > 0 ? `, beside ${chosen.score.avoided.join(', ')} for want of another` : '';
  const stays = replica.present?.host === chosen.host.name;
  const needed = service.needs.filter(name => peopled.has(name)).sort();
  const kept = service.volumes.filter(volume => chosen.host.volumes.includes(volume)).sort();
  const start = stays ? 'runs here, ' : '';
  if (needed.length > 0) return `${start}beside ${needed.join(', ')}, which it needs${warning}`;
  if (kept.length > 0 && !service.rules.allowMove) return `${start}has volume ${kept.join(', ')}${warning}`;
  if (stays) return `runs here already${warning}`;
  if (replica.last === chosen.host.name) return `ran here before${warning}`;
  if (candidates.length === 1) return `the only host that fits${warning}`;
  const ahead = candidates.some(({score}) => score.serves.length < chosen.score.serves.length);
  if (ahead) return `${chosen.score.serves.join(', ')}, which needs it, fits here${warning}`;
  if (chosen.score.preferred.length > 0) return `prefers ${chosen.score.preferred.join('; ')}${warning}`;
  return `spread over ${spreadLabel(service)}${warning}`;
}
