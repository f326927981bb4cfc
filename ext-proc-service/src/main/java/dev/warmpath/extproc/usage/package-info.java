/** Reads tokens used from responses of any chunking. */
@NullMarked
package dev.warmpath.extproc.usage;

import org.jspecify.annotations.NullMarked;
