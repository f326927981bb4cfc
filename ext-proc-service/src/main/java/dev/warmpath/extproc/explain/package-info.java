/** {@code warmpath explain}: why prompts part, and what of them would be cached. */
@NullMarked
package dev.warmpath.extproc.explain;

import org.jspecify.annotations.NullMarked;
