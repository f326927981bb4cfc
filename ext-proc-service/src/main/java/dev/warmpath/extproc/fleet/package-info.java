/** The replica's end of the fleet stream. */
@NullMarked
package dev.warmpath.extproc.fleet;

import org.jspecify.annotations.NullMarked;
