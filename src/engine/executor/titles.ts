import type {Operation, SwitchOperation} from '../planner/plan.ts';

/** What an operation is called in progress lines and history: `replace backend 2 on h1`. */
export function operationTitle(operation: Operation): string {
  switch (operation.kind) {
    case 'host':
      return `install niyanta's scripts on ${operation.host}`;
    case 'image':
      return `bring ${operation.label} to ${operation.host}`;
    case 'volume':
      if (operation.from !== undefined)
        return `copy volume ${operation.volume} from ${operation.from} to ${operation.host}`;
      return `${operation.action} volume ${operation.volume} on ${operation.host}`;
    case 'backup':
      return `back up volume ${operation.volume} on ${operation.host}`;
    case 'network':
      return `${operation.network ? 'connect' : 'disconnect'} network on ${operation.host}`;
    case 'repair':
      return `repair ${operation.service} ${operation.replica} on ${operation.host}`;
    case 'sweep':
      return `remove leftovers from ${operation.host}`;
    case 'switch':
      return `${switchVerb(operation)} ${operation.services.join(', ')}`;
    case 'names':
      return `update names on ${operation.host}`;
    case 'hook':
      return `run hook ${operation.hook} on ${operation.host}`;
    case 'proxy':
      return `${operation.proxy ? (operation.before ? 'change' : 'start') : 'remove'} proxy on ${operation.host}`;
    case 'route':
      return `${operation.action} routes on ${operation.host}`;
    case 'container':
      return `${verbs[operation.how]} ${operation.service} ${operation.replica} on ${operation.host}`;
  }
}

function switchVerb({strategy, steps, promote, back}: SwitchOperation): string {
  if (back) return 'send all requests to the old';
  if (steps.length > 0) return 'send more and more requests to the new';
  return promote === 'manual' ? `leave open the ${strategy} release of` : 'send all requests to the new';
}

const verbs = {create: 'start', replace: 'replace', manifest: 'update', start: 'start', delete: 'remove'} as const;
