export {type Input, kindsOf} from './documents.ts';
export {explainField, fieldReference} from './explain.ts';
export {type Files, unreadable} from './files.ts';
export {jsonSchema, schemaKinds} from './json-schema.ts';
export {loadProject} from './load-project.ts';
export {environmentNames, loadStack, type ServicePlaces} from './load-stack.ts';
export {loadWorkloads, type PlacedWorkload} from './load-workloads.ts';
export {asName} from './names.ts';
export {addHost, type HostFields, removeHost, setHostField} from './project-edit.ts';
