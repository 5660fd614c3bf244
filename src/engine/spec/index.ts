export type {Input, Kind} from './documents.ts';
export type {Files} from './files.ts';
export {unreadable} from './files.ts';
export {loadProject, type ProjectRequest} from './load-project.ts';
export {environmentNames, loadStack, type StackRequest} from './load-stack.ts';
