/** Decides which breakpoints to mark and writes them as byte splices. */
@NullMarked
package dev.warmpath.extproc.annotate;

import org.jspecify.annotations.NullMarked;
