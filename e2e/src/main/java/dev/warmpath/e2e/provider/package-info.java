/** Simulated provider APIs. */
@NullMarked
package dev.warmpath.e2e.provider;

import org.jspecify.annotations.NullMarked;
