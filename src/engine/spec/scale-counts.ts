import type {ServiceName, Stack} from './stack.ts';

/**
 * A stack that is applied where a coordinator has the environment: services that scale by their load keep the number of
 * replicas that they have, as far as min and max allow; a direct apply begins with min. `present` is what was applied last.
 */
export function keepScaled(stack: Stack, present: Stack | undefined): Stack {
  const counts = new Map<ServiceName, number>(present?.services.map(({name, replicas}) => [name, replicas]));
  return {
    ...stack,
    services: stack.services.map(service => {
      const {scale} = service;
      if (!scale) return service;
      const replicas = Math.min(scale.max, Math.max(scale.min, counts.get(service.name) ?? scale.min));
      return {...service, replicas};
    }),
  };
}
