import type {Service} from '../spec/stack.ts';

type Needs = Pick<Service, 'user' | 'restart'>;

/** What came with which containerd, as far as niyanta uses it. Tried on 1.6.20, 1.7.24 and 2.1.9. */
const features = {
  /** `ctr run --user`. */
  user: [1, 7],
  /** `ctr run --hostname`. */
  hostname: [1, 7],
  /** The restart monitor reads `containerd.io/restart.policy`; 1.6 restarts an exit with 0 as well. */
  restartPolicy: [1, 7],
} as const;

/** Whether a containerd of this version (`1.6.20`) can do it. */
export function can(version: string, feature: keyof typeof features): boolean {
  const [major = 0, minor = 0] = version.split('.').map(part => Number.parseInt(part, 10) || 0);
  const [needMajor, needMinor] = features[feature];
  return major > needMajor || (major === needMajor && minor >= needMinor);
}

/** What a service asks for that containerd of this version cannot do, as sentences for the plan. */
export function unsupported(service: Needs, version: string): readonly string[] {
  const since = (feature: keyof typeof features) =>
    `needs containerd ${features[feature].join('.')}, it has ${version}`;
  return [
    ...(service.user !== undefined && !can(version, 'user')
      ? [`user ${service.user} ${since('user')} (the image's own user works)`]
      : []),
    ...(service.restart === 'on-failure' && !can(version, 'restartPolicy')
      ? [`restart: on-failure ${since('restartPolicy')} (always and never work)`]
      : []),
  ];
}
