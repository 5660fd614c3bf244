export {all, any, argv, type Command, quietly, quote, render, script, withInput} from './command.ts';
export {connect} from './connect.ts';
export {type Connected, connectAll} from './connect-all.ts';
export type {Connection, Output, RemoteProcess, RunOptions, TerminalSize} from './connection.ts';
export type {HostFacts} from './facts.ts';
export {mustRun} from './must-run.ts';
export type {Probe} from './probe.ts';
