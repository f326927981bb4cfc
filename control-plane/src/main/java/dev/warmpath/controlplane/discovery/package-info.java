/** Serves snapshots over ADS. */
@NullMarked
package dev.warmpath.controlplane.discovery;

import org.jspecify.annotations.NullMarked;
