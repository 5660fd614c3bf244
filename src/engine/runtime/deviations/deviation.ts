/**
 * What of a container was changed by hand, by how it is put right. `container`: only a new container helps. The others
 * are put right while it runs: `name` its network namespace's name, `link` its connection to the bridge, `rules` what
 * the host forwards to it and masquerades of it, `limits` its cgroups, `labels` what containerd is told of it.
 */
export type Aspect = 'container' | 'name' | 'link' | 'rules' | 'limits' | 'labels';

/** Something of a container that is not as its manifest says. */
export interface Deviation {
  readonly aspect: Aspect;
  /** `recreated`, `network deleted`, `port 8080 not forwarded`, `limits changed`. */
  readonly what: string;
  /** `resources.memory`, where there is a value to compare. */
  readonly path?: string;
  /** As it is on the host. */
  readonly from?: unknown;
  /** As it should be. */
  readonly to?: unknown;
}
