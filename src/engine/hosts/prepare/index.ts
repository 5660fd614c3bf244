export {type PreparedStep, prepare} from './prepare.ts';
export {missing, missingPlugins, neededPlugins, type Readiness, readiness} from './readiness.ts';
