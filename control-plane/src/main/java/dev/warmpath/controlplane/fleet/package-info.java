/** The control plane's end of the fleet stream. */
@NullMarked
package dev.warmpath.controlplane.fleet;

import org.jspecify.annotations.NullMarked;
