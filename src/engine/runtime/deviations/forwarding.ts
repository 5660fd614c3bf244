import type {ContainerId, ContainerSpec} from '../container-spec.ts';
import type {Deviation} from './deviation.ts';

/**
 * Two processes: the host's translation of addresses, as far as it is about containers. Prefixed by a line that says that
 * the rules could be read at all, so that no answer is not taken for no rule.
 */
export const translation = `iptables-save -t nat 2>/dev/null | grep -iE '^-A .*(CNI-|niyanta)|^COMMIT'`;

/** What the host forwards and masquerades for containers. */
export interface Translation {
  /** `tcp 8080 10.89.0.2:80`: what leads there from the outside. */
  readonly forwards: ReadonlySet<string>;
  /** `BRIDGE SUBNET` that leaves with the host's address. */
  readonly masqueraded: ReadonlySet<string>;
  /** Chains of published ports, by container. */
  readonly chains: ReadonlyMap<ContainerId, PortChains>;
}

export interface PortChains {
  readonly bridge: string;
  readonly chains: readonly string[];
}

/** Reads rules as iptables-save(8) prints them; undefined when they could not be read. */
export function parseTranslation(lines: readonly string[]): Translation | undefined {
  if (!lines.includes('COMMIT')) return undefined;
  const rules = lines.filter(line => line.startsWith('-A ')).map(ruleOf);
  const reached = reachable(rules);
  const forwards = rules.flatMap(({chain, text}) => {
    const to = / -j DNAT .*--to-destination (\S+)/.exec(text)?.[1];
    const port = / --dport (\d+)/.exec(text)?.[1];
    const protocol = / -p (\S+)/.exec(text)?.[1];
    return to && port && reached.has(chain) ? [`${protocol} ${port} ${to}`] : [];
  });
  const masqueraded = rules.flatMap(({chain, text}) => {
    const bridge = /--comment "niyanta (ny[0-9a-f]{8})"/.exec(text)?.[1];
    const subnet = / -s (\S+)/.exec(text)?.[1];
    return chain === 'POSTROUTING' && bridge && subnet ? [`${bridge} ${subnet}`] : [];
  });
  const chains = new Map<ContainerId, PortChains>();
  for (const {text, target} of rules) {
    const [, bridge, id] = /"dnat name: \\"(ny[0-9a-f]{8})\\" id: \\"([A-Za-z0-9_.-]+)\\""/.exec(text) ?? [];
    if (!bridge || !id || !target) continue;
    chains.set(id, {bridge, chains: [...new Set([...(chains.get(id)?.chains ?? []), target])]});
  }
  return {forwards: new Set(forwards), masqueraded: new Set(masqueraded), chains};
}

interface Rule {
  readonly chain: string;
  readonly target?: string;
  readonly text: string;
}

const ruleOf = (text: string): Rule => ({
  text,
  chain: text.split(' ', 2)[1]!,
  target: / -j (\S+)/.exec(text)?.[1],
});

/** Chains that a packet from outside comes through. */
function reachable(rules: readonly Rule[]): ReadonlySet<string> {
  const seen = new Set(['PREROUTING']);
  for (const chain of seen) {
    for (const rule of rules) if (rule.chain === chain && rule.target) seen.add(rule.target);
  }
  return seen;
}

/** What the host should do for a running container, and does not. */
export function ruleDeviations({network, ports}: ContainerSpec, host: Translation): readonly Deviation[] {
  const missing = ports.filter(
    port => !host.forwards.has(`${port.protocol} ${port.host} ${network.address}:${port.container}`),
  );
  return [
    ...missing.map((port): Deviation => ({aspect: 'rules', what: `port ${port.host} not forwarded`})),
    ...(host.masqueraded.has(`${network.bridge} ${network.subnet}`)
      ? []
      : [{aspect: 'rules', what: 'no way out: its network is not masqueraded'} as const]),
  ];
}
