import type {Host} from '../../engine/spec/project.ts';

/** The machine that the command runs on, as `local: true` in niyanta.yaml has it. */
export const thisMachine: Host = {
  name: 'local',
  local: true,
  sudo: false,
  connectTimeoutMs: 10_000,
  labels: {},
  drain: false,
};
