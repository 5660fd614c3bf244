export {all, argv, script, withInput} from './command.ts';
export {connect} from './connect.ts';
export {connectAll} from './connect-all.ts';
export type {Connection, RemoteProcess, TerminalSize} from './connection.ts';
export type {HostFacts} from './facts.ts';
export {facts} from './facts-probe.ts';
export {mustRun} from './must-run.ts';
export {
  missing,
  missingPlugins,
  neededPlugins,
  type PreparedStep,
  prepare,
  type Readiness,
  readiness,
} from './prepare/index.ts';
export type {Probe} from './probe.ts';
export type {OfferedHostKey, SshOptions} from './ssh-connect.ts';
