export {type Measures, silentMeasures} from './measures.ts';
export {type PrometheusMeasures, prometheusMeasures} from './prometheus-measures.ts';
