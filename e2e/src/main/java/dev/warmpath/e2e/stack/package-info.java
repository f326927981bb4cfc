/** A whole Warmpath on one machine. */
@NullMarked
package dev.warmpath.e2e.stack;

import org.jspecify.annotations.NullMarked;
