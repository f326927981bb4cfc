/** Runs a real Envoy. */
@NullMarked
package dev.warmpath.e2e.envoy;

import org.jspecify.annotations.NullMarked;
