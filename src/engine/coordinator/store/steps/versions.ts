/** Schedules that submit one of several versions. */
const name = 'versions of schedules';
const up = 'alter table schedules add column versions text;';
const down = 'alter table schedules drop column versions;';

export const versionsStep = {sqlite: {name, up, down}, postgres: {name, up, down}};
