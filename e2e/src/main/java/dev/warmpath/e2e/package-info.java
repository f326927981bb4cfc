/** Everything end to end. */
@NullMarked
package dev.warmpath.e2e;

import org.jspecify.annotations.NullMarked;
