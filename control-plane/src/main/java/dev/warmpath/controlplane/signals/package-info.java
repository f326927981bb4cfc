/** Reads engines' metrics and probes, and what replicas report, into a fleet state. */
@NullMarked
package dev.warmpath.controlplane.signals;

import org.jspecify.annotations.NullMarked;
