export {all, any, argv, type Command, quietly, quote, render, script, withInput} from './command.ts';
export {connect} from './connect.ts';
export {type Connected, connectAll} from './connect-all.ts';
export type {Connection, Output, RemoteProcess, RunOptions, TerminalSize} from './connection.ts';
export type {HostFacts} from './facts.ts';
export {facts} from './facts-probe.ts';
export {factsScript} from './facts-script.ts';
export {mustRun} from './must-run.ts';
export {parseFacts} from './parse-facts.ts';
export {
  missing,
  missingPlugins,
  neededPlugins,
  type PreparedStep,
  type PrepareOptions,
  prepare,
  type Readiness,
  readiness,
} from './prepare/index.ts';
export type {Probe} from './probe.ts';
export type {OfferedHostKey, SshOptions} from './ssh-connect.ts';
