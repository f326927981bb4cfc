/** Cuts decoded prompt text into chained prefix blocks and derives the keys. */
@NullMarked
package dev.warmpath.extproc.prefix;

import org.jspecify.annotations.NullMarked;
