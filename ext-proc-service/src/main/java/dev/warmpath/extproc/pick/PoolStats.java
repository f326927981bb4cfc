package dev.warmpath.extproc.pick;

import java.util.List;

/**
 * Counts of one pool's picker since it was made, and its endpoints now. Immutable.
 *
 * @param endpoints one for each endpoint of the view
 * @param utilisation what the rule reckons with, 0 to 0.95
 * @param ejections endpoints left out, trials that failed included
 * @param overdue first bytes that were overdue
 * @param servedElsewhere plans that another endpoint served than the first listed
 * @param droppedPlacements placements that were not drained in time
 */
public record PoolStats(
    List<EndpointStats> endpoints,
    double utilisation,
    long ejections,
    long overdue,
    long servedElsewhere,
    long droppedPlacements) {}
