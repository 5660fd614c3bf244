export {type Lab, type LabHost, labHosts} from './lab.ts';
export {labDown} from './lab-down.ts';
export {labExec, labExecHere} from './lab-exec.ts';
export {labHeal, labHost, labHostState, labKill, labPartition, labReboot} from './lab-faults.ts';
export {mustReadLab, readLab, readLabs as labList, rootsDirectory} from './lab-files.ts';
export {labStatus} from './lab-status.ts';
export {type LabUpOptions, labUp, parseReleases} from './lab-up.ts';
export {requireLinuxRoot} from './requirements.ts';
