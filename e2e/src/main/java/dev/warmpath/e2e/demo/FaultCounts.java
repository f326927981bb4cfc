package dev.warmpath.e2e.demo;

/**
 * Requests under load while parts of Warmpath were killed.
 *
 * @param extProcRequests sent while one ext_proc replica, then both, were killed; the control plane
 *     was dead already
 * @param extProcFailed of these
 * @param controlPlaneRequests sent while the control plane was killed
 * @param controlPlaneFailed of these
 */
record FaultCounts(
    int extProcRequests, int extProcFailed, int controlPlaneRequests, int controlPlaneFailed) {
  int failed() {
    return extProcFailed + controlPlaneFailed;
  }
}
