export {busyboxArchive} from './busybox-archive.ts';
export {debianArchive} from './debian-image.ts';
export {postgresArchive} from './debian-postgres.ts';
export {containersOn, hostListing, runningOn} from './host-listing.ts';
export {type LabFixture, sharedLab, withLab} from './lab-fixture.ts';
export {niyanta, startNiyanta} from './niyanta-cli.ts';
