/** The control loops: propose weights, health and hash keys from a fleet state. */
@NullMarked
package dev.warmpath.controlplane.loop;

import org.jspecify.annotations.NullMarked;
