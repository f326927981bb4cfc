/** Builds LDS, RDS, CDS and EDS resources from configuration and decisions. */
@NullMarked
package dev.warmpath.controlplane.snapshot;

import org.jspecify.annotations.NullMarked;
