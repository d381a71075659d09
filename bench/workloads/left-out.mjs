// @ts-check

/** Why a workload cannot be had on this machine. */
export class LeftOut extends Error {}
