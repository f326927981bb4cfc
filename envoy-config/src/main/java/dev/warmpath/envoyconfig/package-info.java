/** Adds Warmpath to an Envoy that is there already, and takes it out again. */
@NullMarked
package dev.warmpath.envoyconfig;

import org.jspecify.annotations.NullMarked;
