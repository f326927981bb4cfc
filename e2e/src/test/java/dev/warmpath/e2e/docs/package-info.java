/** Documents whose commands are run as they stand. */
@NullMarked
package dev.warmpath.e2e.docs;

import org.jspecify.annotations.NullMarked;
