/** Simulated inference engines. */
@NullMarked
package dev.warmpath.e2e.engine;

import org.jspecify.annotations.NullMarked;
