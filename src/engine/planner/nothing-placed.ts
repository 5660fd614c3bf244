/** What a plan has that starts nothing anywhere: a destroy, the end of a release. */
export const nothingPlaced = {version: 1, placements: [], drift: [], interruption: [], bytes: 0} as const;
