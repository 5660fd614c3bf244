/** Where those that wait for hints listen. */
export const HINTS = 'niyanta_store';
